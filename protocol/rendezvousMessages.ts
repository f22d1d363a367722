/** The JSON messages of a hybrid connection's control channel: what the service sends, what the listener answers. Pure. */
import * as z from 'zod'

/** A sender waits: dial `address` (once, within about 20 s) to be joined with it. Header names are lower-case. */
export type AcceptMessage = {
  address: string
  id: string
  connectHeaders: Record<string, string>
  remoteEndpoint?: { address?: string | undefined; port?: number | undefined } | undefined
}

/** One parsed control message; `ignored` is legal and not for us, `invalid` is a message we know with a shape we do not. */
export type ControlMessage =
  | { kind: 'accept'; accept: AcceptMessage }
  | { kind: 'ignored'; names: string[] }
  | { kind: 'invalid'; problem: string }

const acceptSchema = z.object({
  address: z.string().min(1),
  id: z.string().min(1),
  connectHeaders: z.record(z.string(), z.unknown()).default({}),
  remoteEndpoint: z
    .object({ address: z.string().optional(), port: z.coerce.number().optional().catch(undefined) })
    .optional()
    .catch(undefined),
})

/**
 * Reads one text frame of the control channel. Never throws.
 *
 *   {"accept":{…}}            accept
 *   {"request":{…}}, others   ignored (HTTP mode is not used)
 *   not JSON, no object, accept without address or id   invalid
 */
export function parseControlMessage(text: string): ControlMessage {
  const value = fromJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'invalid', problem: 'a control message that is no JSON object' }
  }
  if (!('accept' in value)) return { kind: 'ignored', names: Object.keys(value).slice(0, 5) }
  const parsed = acceptSchema.safeParse(value.accept)
  if (!parsed.success) return { kind: 'invalid', problem: `accept: ${z.prettifyError(parsed.error)}` }
  return { kind: 'accept', accept: { ...parsed.data, connectHeaders: lowerCaseHeaders(parsed.data.connectHeaders) } }
}

/** The message that gives the service a newer token. There is no answer; a refusal is a close with 1008. */
export function renewTokenMessage(token: string): string {
  return JSON.stringify({ renewToken: { token } })
}

/** The sub-protocols that the sender offered, in its order. */
export function offeredProtocols(connectHeaders: Record<string, string>): string[] {
  const header = connectHeaders['sec-websocket-protocol'] ?? ''
  return header
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/**
 * The sender's own headers: without handshake headers and without anything that may hold a credential.
 * The service promises to strip the sender's token in HTTP mode only, so it is done here.
 */
export function applicationHeaders(connectHeaders: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(connectHeaders).filter(([name]) => !handshakeHeaders.has(name) && !name.startsWith('sec-')),
  )
}

const handshakeHeaders = new Set([
  'authorization',
  'connection',
  'cookie',
  'host',
  'proxy-authorization',
  'servicebusauthorization',
  'upgrade',
])

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function lowerCaseHeaders(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [],
    ),
  )
}
