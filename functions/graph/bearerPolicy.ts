/**
 * Puts the token on a request; one refusal gets one new token. The pipeline's own policy does the same but refuses plain http, which a
 * simulated Graph on loopback needs, and renews on a 401 only if it carries a claims challenge.
 */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth'
import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline'
import * as z from 'zod'
import { AppError } from '../errors.ts'

/** A token is not used any more this long before it ends. */
const marginMs = 120_000
/** How long a token may take. */
const tokenTimeoutMs = 30_000

/** Throws AppError graphDenied (the identity is refused) or graphFailed (retryable) where there is no token. */
export function bearerPolicy(credential: TokenCredential, scope: string, now: () => number): PipelinePolicy {
  let kept: Promise<AccessToken> | null = null
  let goodUntilMs = 0
  const renew = async (options: GetTokenOptions): Promise<AccessToken> => {
    try {
      const token = await getToken(credential, scope, options)
      goodUntilMs = token.expiresOnTimestamp - marginMs
      return token
    } catch (thrown) {
      goodUntilMs = 0
      throw thrown
    }
  }
  const keep = (options: GetTokenOptions): Promise<AccessToken> => {
    goodUntilMs = Infinity
    kept = renew(options)
    return kept
  }
  return {
    name: 'graphBearerPolicy',
    sendRequest: async (request, next) => {
      const used = kept !== null && now() < goodUntilMs ? kept : keep({})
      request.headers.set('authorization', `Bearer ${(await used).token}`)
      const response = await next(request)
      if (response.status !== 401) return response
      // Several pages may be refused at once: the first of them renews for all.
      const fresh = kept !== null && kept !== used ? kept : keep(claimsOf(response))
      request.headers.set('authorization', `Bearer ${(await fresh).token}`)
      return next(request)
    },
  }
}

async function getToken(credential: TokenCredential, scope: string, options: GetTokenOptions): Promise<AccessToken> {
  try {
    const token = await credential.getToken(scope, { ...options, abortSignal: AbortSignal.timeout(tokenTimeoutMs) })
    if (token !== null) return token
  } catch (thrown) {
    throw tokenFailure(thrown, scope)
  }
  throw new AppError('graphDenied', `The app's identity gave no token for ${scope}: give the app a managed identity.`)
}

/** Continuous access evaluation: Graph says what the next token must answer to. */
function claimsOf(response: PipelineResponse): GetTokenOptions {
  const challenge = /\bclaims="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]
  return challenge === undefined ? {} : { claims: Buffer.from(challenge, 'base64').toString() }
}

const credentialError = z.looseObject({ name: z.string(), statusCode: z.number().optional() })

/** The credential's own message may hold ids of the tenant: it stays in `cause`. */
function tokenFailure(thrown: unknown, scope: string): AppError {
  const known = credentialError.safeParse(thrown)
  const { name, statusCode = 0 } = known.success ? known.data : { name: 'unknown error' }
  const what = `Getting a token for ${scope} failed (${name}${statusCode === 0 ? '' : ` ${statusCode}`})`
  return statusCode >= 400 && statusCode < 429
    ? new AppError('graphDenied', `${what}: check the app's identity and its tenant.`, { cause: thrown })
    : new AppError('graphFailed', `${what}; it is tried again later.`, { cause: thrown, retryable: true })
}
