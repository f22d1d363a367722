/**
 * The Anchors port on Azure Blob Storage. One small blob at a time is all that is written, so this is the service's Put Blob
 * (https://learn.microsoft.com/rest/api/storageservices/put-blob) over the pipeline that the other clients use, not one more client.
 */
import type { TokenCredential } from '@azure/core-auth'
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline'
import { storageSharedKeyCredentialPolicy } from '@azure/storage-common'
import type { AuditAnchor } from '../core/audit.ts'
import { AppError } from '../errors.ts'
import type { Anchors } from '../ports.ts'

export interface AuditAnchorsOptions {
  /** URL without a final slash. */
  readonly container: string
  readonly login: TokenCredential | { readonly accountName: string; readonly accountKey: string }
  /** First delay of the pipeline's retries. */
  readonly retryDelayMs?: number
}

const apiVersion = '2024-11-04'

/*
 * answer                                            | what it means
 * 201                                               | kept
 * 409, 412                                          | this day has one: it cannot be replaced, by nobody
 * 401, 403, 404, 408, 429, 5xx, none at all         | tried again at the next timer
 */
export function auditAnchors({ container, login, retryDelayMs = 800 }: AuditAnchorsOptions): Anchors {
  const client = createDefaultHttpClient()
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 3, retryDelayInMs: retryDelayMs } })
  pipeline.addPolicy(loginPolicy(login), { phase: 'Sign' })
  return {
    async keep(anchor) {
      const doing = `keep the audit's head of connector ${anchor.connectorId} in ${container}`
      const url = `${container}/${nameOf(anchor)}`
      const response = await pipeline.sendRequest(client, putBlob(url, JSON.stringify(anchor))).catch((thrown) => {
        const why = thrown instanceof AppError ? thrown.message : 'no answer'
        throw new AppError('storeFailed', `cannot ${doing}: ${why}`, { retryable: true, cause: thrown })
      })
      if (response.status === 201) return true
      if (response.status === 409 || response.status === 412) return false
      throw failure(doing, response)
    },
  }
}

function loginPolicy(login: AuditAnchorsOptions['login']) {
  if ('getToken' in login)
    return bearerTokenAuthenticationPolicy({ credential: login, scopes: 'https://storage.azure.com/.default' })
  const { accountName, accountKey } = login
  return storageSharedKeyCredentialPolicy({ accountName, accountKey: Buffer.from(accountKey, 'base64') })
}

/** A connector's id needs no escaping in a URL (configConnectors). */
function nameOf({ connectorId, at }: AuditAnchor): string {
  return `${connectorId}/${at.slice(0, 10)}.json`
}

function putBlob(url: string, body: string) {
  const headers = createHttpHeaders({
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'if-none-match': '*',
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-version': apiVersion,
  })
  return createPipelineRequest({ url, method: 'PUT', headers, body, timeout: 30_000, allowInsecureConnection: true })
}

function failure(doing: string, { status, headers }: PipelineResponse): AppError {
  const remedy =
    status === 401 || status === 403
      ? '. Give the app identity the role Storage Blob Data Contributor on this container.'
      : status === 404
        ? '. Make the container, with a time-based retention policy.'
        : ''
  const code = headers.get('x-ms-error-code') ?? 'no code'
  return new AppError('storeFailed', `cannot ${doing}: status ${status}, ${code}${remedy}`, { retryable: true })
}
