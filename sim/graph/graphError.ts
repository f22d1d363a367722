/** Graph's error bodies (facts D1). */
import { randomUUID } from 'node:crypto'
import type { GraphReply } from './request.ts'

/** Thrown by routes; the server makes a reply of it. */
export class GraphFault extends Error {
  readonly reply: GraphReply

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'GraphFault'
    this.reply = { status, headers, body: errorBody(code, message) }
  }
}

export function errorBody(code: string, message: string): unknown {
  return { error: { code, message } }
}

/** The reply with its request ids: in the headers, and in the body of an error. */
export function withIds(reply: GraphReply, headers: Readonly<Record<string, string>>): GraphReply {
  const requestId = randomUUID()
  const ids = { 'request-id': requestId, 'client-request-id': headers['client-request-id'] ?? requestId }
  const withHeaders = { ...reply, headers: { ...reply.headers, ...ids } }
  if (!isErrorBody(reply.body)) return withHeaders
  const innerError = { date: new Date().toISOString().slice(0, 19), ...ids }
  return { ...withHeaders, body: { error: { ...reply.body.error, innerError } } }
}

function isErrorBody(body: unknown): body is { error: object } {
  return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'object'
}

export function notFound(id: string): GraphFault {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`
  return new GraphFault(404, 'Request_ResourceNotFound', message)
}

export function unsupported(message: string): GraphFault {
  return new GraphFault(400, 'Request_UnsupportedQuery', message)
}
