/** Clients for the storage account, from a connection string or from an endpoint and an identity: configuration alone decides. */
import type { TokenCredential } from '@azure/core-auth'
import type { PipelinePolicy } from '@azure/core-rest-pipeline'
import { RestError } from '@azure/core-rest-pipeline'
import { TableClient, type TableServiceClientOptions } from '@azure/data-tables'
import { AppError } from '../errors.ts'
import { countSpent, type TableSpent } from './countedStore.ts'

/** A connection string (development, SAS, key), or the table endpoint with a managed identity. */
export type TableService = string | { readonly tableEndpoint: string; readonly credential: TokenCredential }

interface ClientOptions {
  /** What is counted of this store. */
  readonly spent: TableSpent
  /** First delay of the client's own retries, which are the only ones. */
  readonly retryDelayMs: number
  /** How long one attempt may wait for its answer. */
  readonly requestTimeoutMs: number
}

/** A client for one table. Throws AppError badConfiguration. */
export function tableClient(service: TableService, name: string, options: ClientOptions): TableClient {
  const clientOptions: TableServiceClientOptions = {
    retryOptions: { maxRetries: 4, retryDelayInMs: options.retryDelayMs, maxRetryDelayInMs: 15_000 },
    additionalPolicies: [{ policy: countAndTimeOut(options), position: 'perRetry' }],
  }
  try {
    if (typeof service !== 'string')
      return new TableClient(service.tableEndpoint, name, service.credential, clientOptions)
    const client = TableClient.fromConnectionString(service, name)
    const allowInsecureConnection = isLoopback(client.url)
    return TableClient.fromConnectionString(service, name, { ...clientOptions, allowInsecureConnection })
  } catch (thrown) {
    throw badConnection(thrown)
  }
}

/** The client's messages name the missing part, never its value; the connection string itself stays out. */
function badConnection(thrown: unknown): AppError {
  const why =
    thrown instanceof TypeError ? 'it is not a URL' : thrown instanceof Error ? thrown.message : 'unknown reason'
  return new AppError('badConfiguration', `the storage connection cannot be used: ${why}`)
}

/** Plain http is for an emulator on this machine only. */
function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

/** Counts every attempt and ends one whose answer is not whole in time; the client's retry then takes it for a broken connection. */
function countAndTimeOut({ spent, requestTimeoutMs }: ClientOptions): PipelinePolicy {
  return {
    name: 'easgateCountAndTimeOut',
    async sendRequest(request, next) {
      countSpent(spent, { requests: 1, operations: 1 })
      const controller = new AbortController()
      const timer = setTimeout(() => controller.abort(), requestTimeoutMs)
      request.abortSignal = controller.signal
      try {
        return await next(request)
      } catch (thrown) {
        if (!controller.signal.aborted) throw thrown
        throw new RestError(`no whole answer within ${requestTimeoutMs} ms`, { code: 'ETIMEDOUT' })
      } finally {
        clearTimeout(timer)
        // The retry would take a signal that was used for the caller's wish to stop.
        delete request.abortSignal
      }
    },
  }
}
