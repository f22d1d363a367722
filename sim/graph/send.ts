/** Puts a reply on the wire, as whole or as broken as its fault says. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Fault } from './faults.ts'
import type { GraphReply } from './request.ts'

/** Smaller bodies are not worth packing. */
const packFrom = 1024

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: GraphReply,
  fault: Fault | null = null,
): void {
  switch (fault?.fault) {
    case 'hang':
      return
    case 'reset':
      request.socket.resetAndDestroy()
      return
    case 'slow':
      setTimeout(() => write(request, response, reply, false), fault.delayMs)
      return
    case 'cut':
      return write(request, response, reply, true)
    case 'malformed':
      return write(request, response, { ...reply, body: new HalfText(reply.body) }, false)
    default:
      return write(request, response, reply, false)
  }
}

/** The first half of a JSON text. */
class HalfText {
  readonly text: string

  constructor(body: unknown) {
    const text = JSON.stringify(body)
    this.text = text.slice(0, Math.floor(text.length / 2))
  }
}

function write(request: IncomingMessage, response: ServerResponse, reply: GraphReply, isCut: boolean): void {
  if (reply.body === undefined) {
    response.writeHead(reply.status, reply.headers).end()
    return
  }
  const text = Buffer.from(reply.body instanceof HalfText ? reply.body.text : JSON.stringify(reply.body))
  const isPacked = text.length >= packFrom && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  const bytes = isPacked ? gzipSync(text, { level: 1 }) : text
  response.writeHead(reply.status, {
    'content-type': 'application/json; odata.metadata=minimal; charset=utf-8',
    'content-length': bytes.length,
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    ...reply.headers,
  })
  if (isCut) response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.resetAndDestroy())
  else response.end(bytes)
}
