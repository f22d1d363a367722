/** Sends GET requests to Graph: token, retries, deadline and counting in one pipeline. What the answer means is decided by its caller. */
import type { TokenCredential } from '@azure/core-auth'
import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  isRestError,
  proxyPolicy,
  retryPolicy,
  setClientRequestIdPolicy,
  userAgentPolicy,
  type Pipeline,
  type PipelinePolicy,
  type PipelineRequestOptions,
  type PipelineResponse,
} from '@azure/core-rest-pipeline'
import { AppError, asAppError } from '../errors.ts'
import type { Log } from '../ports.ts'
import { attemptPolicy } from './attemptPolicy.ts'
import { bearerPolicy } from './bearerPolicy.ts'
import { isThrottling, maxRetries, retryStrategy, type RetryOptions } from './retryStrategy.ts'

export interface GraphHttpOptions {
  readonly endpoint: GraphEndpoint
  readonly credential: TokenCredential | null
  /** For one call with all its retries. */
  readonly deadlineMs: number
  /** For one sending. */
  readonly attemptMs: number
  readonly now: () => number
  readonly random: () => number
  readonly log: Log
}

export interface GraphEndpoint {
  readonly origin: string
  readonly isLoopback: boolean
}

export interface GraphReply {
  readonly status: number
  readonly text: string
  /** `location` of a 410, `retry-after`. */
  readonly header: (name: string) => string | null
  readonly requestId: string | null
  readonly clientRequestId: string
}

export interface GraphHttp {
  /** The last answer, whatever its status. Throws AppError graphFailed (retryable) where none came, and what the token's policy throws. */
  get(url: string, headers: Readonly<Record<string, string>>): Promise<GraphReply>
  /** The same for a POST of JSON, which must be safe to send twice. */
  post(url: string, body: object): Promise<GraphReply>
  requests(): number
  throttled(): number
  /** Of each answer, also of those inside a batch's. */
  countStatus(status: number): void
}

/** Shared, so that connections outlive an invocation. */
const client = createDefaultHttpClient()
const proxy = proxyPolicy()

export function graphHttp(options: GraphHttpOptions): GraphHttp {
  const { endpoint, credential, now, random, log } = options
  const lasting = lastingPolicies(endpoint)
  const bearer = credential === null ? [] : [bearerPolicy(credential, `${endpoint.origin}/.default`, now)]
  let requests = 0
  let throttled = 0
  const onAttempt = (): void => void (requests += 1)
  const onStatus = (status: number): void => void (throttled += isThrottling(status) ? 1 : 0)
  const onRetry: RetryOptions['onRetry'] = (retry) => log.warn('graph.retry', retry)
  const pipelineUntil = (deadlineAtMs: number): Pipeline => {
    const timeoutMs = (): number => Math.max(1, Math.min(options.attemptMs, deadlineAtMs - now()))
    const strategy = retryStrategy({ deadlineAtMs, now, random, onRetry })
    const pipeline = createEmptyPipeline()
    for (const policy of lasting) pipeline.addPolicy(policy)
    pipeline.addPolicy(retryPolicy([strategy], { maxRetries }), { phase: 'Retry' })
    for (const policy of bearer) pipeline.addPolicy(policy, { phase: 'Sign' })
    pipeline.addPolicy(attemptPolicy({ timeoutMs, onAttempt, onStatus }), { afterPhase: 'Sign' })
    return pipeline
  }
  const send = async (url: string, given: Partial<PipelineRequestOptions>): Promise<GraphReply> => {
    const request = createPipelineRequest({ url, allowInsecureConnection: endpoint.isLoopback, ...given })
    try {
      return toReply(await pipelineUntil(now() + options.deadlineMs).sendRequest(client, request))
    } catch (thrown) {
      throw noAnswer(thrown, request.requestId)
    }
  }
  return {
    get: (url, headers) =>
      send(url, { method: 'GET', headers: createHttpHeaders({ accept: 'application/json', ...headers }) }),
    post: (url, body) => {
      const headers = createHttpHeaders({ accept: 'application/json', 'content-type': 'application/json' })
      return send(url, { method: 'POST', headers, body: JSON.stringify(body) })
    },
    requests: () => requests,
    throttled: () => throttled,
    countStatus: onStatus,
  }
}

/** The same for every call. A proxy of the environment is not for loopback. */
function lastingPolicies(endpoint: GraphEndpoint): PipelinePolicy[] {
  return [
    ...(endpoint.isLoopback ? [] : [proxy]),
    decompressResponsePolicy(),
    userAgentPolicy({ userAgentPrefix: 'easgate' }),
    setClientRequestIdPolicy('client-request-id'),
  ]
}

function toReply(response: PipelineResponse): GraphReply {
  return {
    status: response.status,
    text: response.bodyAsText ?? '',
    header: (name) => response.headers.get(name) ?? null,
    requestId: response.headers.get('request-id') ?? null,
    clientRequestId: response.request.requestId,
  }
}

function noAnswer(thrown: unknown, clientRequestId: string): AppError {
  if (!isRestError(thrown)) return asAppError(thrown)
  const message = `Microsoft Graph could not be reached or broke off (${thrown.code ?? 'no code'}: ${thrown.message}; client-request-id ${clientRequestId}).`
  return new AppError('graphFailed', message, { cause: thrown, retryable: true })
}
