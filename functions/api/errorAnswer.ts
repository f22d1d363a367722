/** Failures in the words of Graph: status, code and its error body (facts/exchange-and-graph.md D1). Pure. */
import type { AppError, ErrorCode } from '../errors.ts'
import type { Answer } from './call.ts'

export interface RequestIds {
  readonly requestId: string
  /** The caller's own, or ours where there is none. */
  readonly clientRequestId: string
  /** ISO-8601 UTC. */
  readonly at: string
}

export const graphCodes = {
  400: 'badRequest',
  401: 'unauthenticated',
  403: 'accessDenied',
  404: 'itemNotFound',
  409: 'conflict',
  500: 'generalException',
  503: 'serviceNotAvailable',
} as const
export type ErrorStatus = keyof typeof graphCodes

export function errorAnswer(
  status: ErrorStatus,
  message: string,
  { requestId, clientRequestId, at }: RequestIds,
): Answer {
  const innerError = { date: at, 'request-id': requestId, 'client-request-id': clientRequestId }
  const body = { error: { code: graphCodes[status], message, innerError } }
  return { status, body, ...(status in extraHeaders ? { headers: extraHeaders[status] ?? {} } : {}) }
}

const extraHeaders: Readonly<Record<number, Record<string, string>>> = {
  401: { 'www-authenticate': 'Bearer' },
  503: { 'retry-after': '5' },
}

/** Codes that are not here are ours or passing: 500 for internal, 503 for the rest. */
const statuses: Partial<Record<ErrorCode, ErrorStatus>> = {
  badRequest: 400,
  groupNotFound: 400,
  notFound: 404,
  conflict: 409,
  changedMeanwhile: 409,
  connectorRetired: 409,
  organizationTaken: 409,
  internal: 500,
}

export function statusOf({ code }: AppError): ErrorStatus {
  return statuses[code] ?? 503
}
