/** The way of a conversation, tried from its sender's end: dials the hybrid connection until its own listener takes the call, and hears its echo. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Agent } from 'node:http'
import { WebSocket } from 'ws'
import { connectUrl, resourceOf, TOKEN_HEADER, type TokenProvider } from '../../protocol/rendezvous.ts'
import { handshakeDone, HandshakeError } from '../../protocol/rendezvousHandshake.ts'

export interface WayOptions {
  readonly address: string
  readonly tokenProvider: TokenProvider
  readonly agent: Agent | undefined
  /** That of our own listener and of no other. */
  readonly subprotocol: string
  readonly tries: number
  readonly tryMs: number
  readonly signal: AbortSignal
}

/**
 *   forbidden: the key lacks the right Send
 *   missed: each try met another listener of this connector, which refused it
 *   failed: anything else, with the last try's error
 */
export type Way =
  | { readonly kind: 'echo'; readonly tries: number; readonly tookMs: number }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'missed' }
  | { readonly kind: 'failed'; readonly error: unknown }

/** The service gives each call to a listener of its choice: the others refuse this sub-protocol, and the next try may meet ours. */
export async function thereAndBack(options: WayOptions): Promise<Way> {
  for (let number = 1; number <= options.tries && !options.signal.aborted; number += 1) {
    const startedMs = performance.now()
    try {
      await echo(options)
      return { kind: 'echo', tries: number, tookMs: Math.round(performance.now() - startedMs) }
    } catch (error) {
      const status = error instanceof HandshakeError ? error.status : undefined
      if (status === 401 || status === 403) return { kind: 'forbidden' }
      // 400 is a relay's refusal, 503 that of another check or of a relay with its hands full.
      if (status !== 400 && status !== 503) return { kind: 'failed', error }
    }
  }
  return { kind: 'missed' }
}

async function echo({ address, tokenProvider, agent, subprotocol, tryMs, signal }: WayOptions): Promise<void> {
  const { token } = await tokenProvider(resourceOf(address))
  const dialled = new WebSocket(connectUrl(address, { id: randomUUID() }), [subprotocol], {
    headers: { [TOKEN_HEADER]: token },
    perMessageDeflate: false,
    maxPayload: 1024,
    ...(agent && { agent }),
  })
  const { socket } = await handshakeDone(dialled, tryMs)
  try {
    const said = randomUUID()
    const heard = once(socket, 'message', { signal: AbortSignal.any([signal, AbortSignal.timeout(tryMs)]) })
    socket.resume()
    socket.send(said)
    if (String((await heard)[0]) !== said) throw new Error('the echo of the conversation is not what was sent')
  } finally {
    socket.close(1000, 'checked')
    setTimeout(() => socket.terminate(), 2_000).unref()
  }
}
