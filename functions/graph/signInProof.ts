/** The device of a sign-in by Entra's sign-in log: the entry of this very sign-in, found by the token's identifier. Needs AuditLog.Read.All. */
import type { TokenCredential } from '@azure/core-auth'
import * as z from 'zod'
import type { DeviceProof } from '../core/activation.ts'
import type { ActivationPort, Log, SignIn } from '../ports.ts'
import { text, time } from './fromGraphValues.ts'
import { graphFailure, type Asked } from './graphFailure.ts'
import { graphHttp } from './graphHttp.ts'
import { parsePage } from './graphPage.ts'
import { parseEndpoint } from './parseEndpoint.ts'
import { isRetryable } from './retryStrategy.ts'

export interface SignInProofOptions {
  readonly endpoint: string
  readonly credential: TokenCredential | null
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly wait?: (ms: number) => Promise<void>
  /** Between two looks into the log, and how long in all: a person waits for the page, and HTTP ends after 230 s. */
  readonly pauseMs?: number
  readonly patienceMs?: number
}

const asked: Asked = { what: 'Reading the sign-in log', permission: 'AuditLog.Read.All' }
/** An older sign-in is not this one: the browser's session begins anew after that. */
const oldestMs = 24 * 3_600_000
const perPage = 50

/*
 * token has an identifier (uti) | log has its entry | entry names a device | proof
 * no                            | -                 | -                    | none
 * yes                           | yes               | yes                  | that device
 * yes                           | yes               | no                   | none: not a device that Entra knows
 * yes                           | not yet           | -                    | none, late: after waiting for a while
 * yes                           | no answer now     | -                    | none, late: at once. Graph allows an app few of these
 */
export function signInProof(options: SignInProofOptions): ActivationPort['proveDevice'] {
  const { now = Date.now, wait = pause, pauseMs = 3_000, patienceMs = 20_000, credential, log } = options
  const endpoint = parseEndpoint(options.endpoint, credential !== null)
  const http = graphHttp({ endpoint, credential, deadlineMs: 15_000, attemptMs: 10_000, now, random: Math.random, log })
  /** null: no answer now. */
  const entries = async (userId: string): Promise<readonly Entry[] | null> => {
    const since = new Date(now() - oldestMs).toISOString()
    const filter = `userId eq '${userId.replaceAll("'", "''")}' and createdDateTime ge ${since}`
    const url = `${endpoint.origin}/v1.0/auditLogs/signIns?$filter=${encodeURIComponent(filter)}&$top=${perPage}`
    const reply = await http.get(url, {})
    if (isRetryable(reply.status)) return null
    if (reply.status !== 200) throw graphFailure(reply, asked)
    return parsePage(reply, asked).rows.flatMap((row) => entry.safeParse(row).data ?? [])
  }
  return async (signIn) => {
    const ids = identifiersOf(signIn)
    if (ids.size === 0) return none(false)
    const until = now() + patienceMs
    for (;;) {
      const found = await entries(signIn.userId)
      if (!found) return none(true)
      const own = found.find((one) => isOf(one, signIn, ids))
      if (own) return proofOf(own)
      if (now() + pauseMs > until) return none(true)
      await wait(pauseMs)
    }
  }
}

const entry = z.looseObject({
  id: z.string().min(1),
  userId: text,
  createdDateTime: time,
  uniqueTokenIdentifier: text.optional(),
  status: z.looseObject({ errorCode: z.number().nullish() }).nullish(),
  deviceDetail: z.looseObject({ deviceId: text.optional() }).nullish(),
})
type Entry = z.infer<typeof entry>

/** The token's identifier as it stands in the token, and as the request id (a GUID in base64url) that the log calls `id`. */
function identifiersOf({ claims }: SignIn): ReadonlySet<string> {
  const uti = claims.get('uti')?.trim() ?? ''
  const bytes = Buffer.from(uti, 'base64url')
  return new Set(uti === '' ? [] : [uti, ...(bytes.length === 16 ? [guidOf(bytes)] : [])])
}

/** As .NET writes 16 bytes: the first three parts are little-endian. */
function guidOf(bytes: Buffer): string {
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15]
  return order.map((at) => (at < 0 ? '-' : bytes.toString('hex', at, at + 1))).join('')
}

/** Graph's filter is checked again: a sign-in of somebody else, or one that failed, proves nothing. */
function isOf({ id, userId, uniqueTokenIdentifier, status }: Entry, signIn: SignIn, ids: ReadonlySet<string>): boolean {
  if (userId?.toLowerCase() !== signIn.userId.toLowerCase() || (status?.errorCode ?? 0) !== 0) return false
  return ids.has(id.toLowerCase()) || (!!uniqueTokenIdentifier && ids.has(uniqueTokenIdentifier))
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function proofOf({ deviceDetail }: Entry): DeviceProof {
  const id = deviceDetail?.deviceId?.trim().toLowerCase() ?? ''
  return guid.test(id) ? { kind: 'device', by: 'signInLog', azureAdDeviceId: id } : none(false)
}

function none(isLate: boolean): DeviceProof {
  return { kind: 'none', by: 'signInLog', isLate }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
