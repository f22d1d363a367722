/** Errors of the Azure clients as AppErrors. Their messages, URLs and headers stay out: they may hold signatures. Pure. */
import { AppError } from '../errors.ts'

/** What is read of a RestError or a Node error. */
interface Failure {
  readonly statusCode?: number
  readonly code?: string
  readonly name?: string
  readonly response?: {
    readonly headers?: { get(name: string): string | undefined }
    readonly parsedBody?: { readonly odataError?: { readonly code?: string }; readonly code?: string } | null
  }
}

/** `doing`: what failed and on which thing, such as `write 100 rows to table easgaterecords, partition a|0003`. */
export function toAppError(doing: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const status = statusOf(thrown)
  const cause = withoutSecrets(thrown)
  if (isConflict(thrown)) {
    const message = `cannot ${doing}: somebody else wrote first (${describe(thrown)}); read it again`
    return new AppError('changedMeanwhile', message, { retryable: true, cause })
  }
  if (isMissingRow(thrown)) return new AppError('notFound', `cannot ${doing}: a row of them does not exist`, { cause })
  const message = `cannot ${doing}: ${describe(thrown)}${remedyFor(status)}`
  return new AppError('storeFailed', message, { retryable: isWorthRetrying(status), cause })
}

/** HTTP status, or null where no answer came. */
function statusOf(thrown: unknown): number | null {
  return failureOf(thrown).statusCode ?? null
}

/** An ETag that does not fit, or a row that exists already. */
function isConflict(thrown: unknown): boolean {
  const status = statusOf(thrown)
  return status === 412 || (status === 409 && codeOf(thrown) === 'EntityAlreadyExists')
}

/** The row is not there; a table that is not there is a failure. */
export function isMissingRow(thrown: unknown): boolean {
  return statusOf(thrown) === 404 && codeOf(thrown) === 'ResourceNotFound'
}

/** The service's error code: the table client leaves it in the body, in a transaction it is on the error. */
export function codeOf(thrown: unknown): string | null {
  const { response, code } = failureOf(thrown)
  return response?.parsedBody?.odataError?.code ?? code ?? response?.parsedBody?.code ?? null
}

function failureOf(thrown: unknown): Failure {
  return typeof thrown === 'object' && thrown !== null ? thrown : {}
}

function describe(thrown: unknown): string {
  const { name, response } = failureOf(thrown)
  const status = statusOf(thrown)
  const code = codeOf(thrown) ?? name ?? 'unknown error'
  const requestId = response?.headers?.get('x-ms-request-id')
  return `${status === null ? 'no answer' : `status ${status}`}, ${code}${requestId ? `, request ${requestId}` : ''}`
}

/** 401 and 403 too: a role that was just granted takes minutes to be seen. */
function isWorthRetrying(status: number | null): boolean {
  return status === null || status >= 500 || [401, 403, 404, 408, 409, 429].includes(status)
}

function remedyFor(status: number | null): string {
  if (status !== 401 && status !== 403) return ''
  return '. Give the app identity the roles Storage Table Data Contributor and Storage Queue Data Contributor.'
}

/** Name and stack only: the message of an authentication error quotes what was signed. */
function withoutSecrets(thrown: unknown): Error {
  const cause = new Error(describe(thrown))
  if (!(thrown instanceof Error)) return cause
  const frames = (thrown.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  cause.stack = [`${thrown.name}: ${cause.message}`, ...frames].join('\n')
  return cause
}
