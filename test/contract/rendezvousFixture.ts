/** What the rendezvous tests share: a simulated namespace with one hybrid connection, tokens for it, and events as promises. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import {
  EASGATE_SUBPROTOCOL,
  sasToken,
  sasTokenProvider,
  TOKEN_HEADER,
  type TokenProvider,
} from '../../protocol/rendezvous.ts'
import { connect, type ConnectOptions } from '../../functions/exchange/rendezvous.ts'
import { listen, type Listener } from '../../relay/rendezvous/listen.ts'
import type { ListenerOptions, ListenerTimings } from '../../relay/rendezvous/listenerOptions.ts'
import type { RendezvousOptions } from '../../sim/rendezvous/rendezvousOptions.ts'
import { startRendezvous, type Rendezvous } from '../../sim/rendezvous/startRendezvous.ts'

export const listenRule = { name: 'relay', key: 'bGlzdGVuIGtleQ==', rights: ['listen' as const] }
export const sendRule = { name: 'cloud', key: 'c2VuZCBrZXk=', rights: ['send' as const] }
export const listenTokens: TokenProvider = sasTokenProvider({ keyName: listenRule.name, key: listenRule.key })
export const sendTokens: TokenProvider = sasTokenProvider({ keyName: sendRule.name, key: sendRule.key })

/** Times short enough that a test waits for an event and never for the clock. */
const quickTimings: Partial<ListenerTimings> = {
  backoffBaseMs: 20,
  backoffCapMs: 100,
  deniedCapMs: 200,
  staggerMs: 0,
  closeTimeoutMs: 500,
}

export type LogLine = { level: string; event: string; fields: Record<string, unknown> }

/** Things opened by a test, closed in reverse order by `closeAll`. */
export class Bench {
  readonly log: LogLine[] = []
  #closers: (() => unknown)[] = []

  onClose(closer: () => unknown): void {
    this.#closers.unshift(closer)
  }

  async namespace(options: Partial<RendezvousOptions> = {}): Promise<Rendezvous & { address: string }> {
    const rendezvous = await startRendezvous({ paths: ['exchange'], rules: [listenRule, sendRule], ...options })
    this.onClose(rendezvous.close)
    return { ...rendezvous, address: `${rendezvous.url}/$hc/exchange` }
  }

  /** A listener whose conversations echo unless told otherwise. */
  listener(address: string, options: Partial<ListenerOptions> = {}): Listener {
    const listener = listen({
      address,
      tokenProvider: listenTokens,
      maxConversations: 50,
      onConversation: echo,
      log: (level, event, fields) => void this.log.push({ level, event, fields }),
      ...options,
      timings: { ...quickTimings, ...options.timings },
    })
    this.onClose(async () => listener.drain(0))
    return listener
  }

  async sender(address: string, options: Partial<ConnectOptions> = {}): Promise<WebSocket> {
    const socket = await connect({
      address,
      tokenProvider: sendTokens,
      subprotocol: EASGATE_SUBPROTOCOL,
      attempts: 1,
      ...options,
    })
    this.onClose(() => socket.terminate())
    return socket
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close()
    this.log.length = 0
  }
}

export function echo(socket: WebSocket): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }))
}

/** Polls a condition that has no event of its own; fails loudly after `timeoutMs`. */
export async function until(what: string, condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > endsAt) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The next message as text. */
export async function nextText(socket: WebSocket): Promise<string> {
  const [data] = await once(socket, 'message')
  return String(data)
}

export async function nextClose(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close')
  return { code: Number(code), reason: String(reason) }
}

/** A plain `ws` client's handshake: an open socket, or the status and reason it was refused with. */
export async function handshake(
  url: string,
  options: { token?: string; protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<{ socket: WebSocket } | { status: number; reason: string }> {
  const { token, protocols = [], headers = {} } = options
  const socket = new WebSocket(url, protocols, {
    headers: { ...headers, ...(token === undefined ? {} : { [TOKEN_HEADER]: token }) },
    perMessageDeflate: false,
  })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => resolve({ socket }))
    socket.on('unexpected-response', (request, response) => {
      resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? '' })
      request.destroy()
    })
  })
}

/** The same, where a refusal is a fault of the test. */
export async function opened(...given: Parameters<typeof handshake>): Promise<WebSocket> {
  const answer = await handshake(...given)
  if ('socket' in answer) return answer.socket
  throw new Error(`The handshake was refused: ${answer.status} ${answer.reason}`)
}

/** The same, where being let in is a fault of the test. */
export async function refusal(...given: Parameters<typeof handshake>): Promise<{ status: number; reason: string }> {
  const answer = await handshake(...given)
  if ('status' in answer) return answer
  answer.socket.terminate()
  throw new Error('The handshake was not refused.')
}

/** Tokens that are good for a simulated namespace on 127.0.0.1. */
export function tokenFor(
  rule: { name: string; key: string },
  options: { resource?: string; inMs?: number } = {},
): string {
  const { resource = 'http://127.0.0.1/exchange/', inMs = 60_000 } = options
  const expiresAtSeconds = Math.floor((Date.now() + inMs) / 1000)
  return sasToken({ resource, keyName: rule.name, key: rule.key, expiresAtSeconds })
}

/** What a message holds. */
export function bytesOf(data: unknown): Buffer {
  if (!Buffer.isBuffer(data)) throw new TypeError('not a Buffer')
  return data
}
