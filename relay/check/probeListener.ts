/** A listener for the time of a check: registers as the relay does, answers its own conversations with an echo and sends all others on. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Agent } from 'node:http'
import type { WebSocket } from 'ws'
import { resourceOf, type TokenProvider } from '../../protocol/rendezvous.ts'
import { parseControlMessage, renewTokenMessage } from '../../protocol/rendezvousMessages.ts'
import { makeConversations } from '../rendezvous/conversations.ts'
import { register } from '../rendezvous/controlChannel.ts'
import { listenerSettings, type ListenerSettings } from '../rendezvous/listenerOptions.ts'

export interface ProbeOptions {
  readonly address: string
  readonly tokenProvider: TokenProvider
  readonly agent: Agent | undefined
  readonly allowedHostSuffix: string | undefined
  readonly signal: AbortSignal
}

export interface Probe {
  /** What a sender must offer to be answered here. */
  readonly subprotocol: string
  /** A ping, answered; gives how long that took in ms. Throws when the channel closes first, or after 10 s. */
  readonly ping: (waitMs?: number) => Promise<number>
  /** A newer token, as the relay sends one each hour. A refusal is a close, so ping afterwards. */
  readonly renew: () => Promise<void>
  /** Why a conversation could not be joined, when that happened. */
  readonly notJoined: () => { readonly reason: string; readonly remedy?: string } | undefined
  readonly close: () => Promise<void>
}

const pongMs = 10_000
/** Senders of the cloud side try again after this, and meet a relay then. */
const elsewhere = { status: 503, text: 'a check, not a relay: try again' }

/** Throws a HandshakeError when the service or a proxy refuses. */
export async function probeListener({
  address,
  tokenProvider,
  agent,
  allowedHostSuffix,
  signal,
}: ProbeOptions): Promise<Probe> {
  const subprotocol = `easgate.check.${randomUUID()}`
  let notJoined: ReturnType<Probe['notJoined']>
  const settings = listenerSettings({
    address,
    tokenProvider,
    subprotocol,
    otherSenders: elsewhere,
    maxConversations: 4,
    onConversation: (socket) => void socket.on('message', (data, binary) => socket.send(data, { binary })),
    log: (_level, event, fields) => {
      if (event === 'relay.conversation.notJoined' || event === 'relay.accept.foreign') notJoined = problemIn(fields)
    },
    ...(agent && { agent }),
    ...(allowedHostSuffix !== undefined && { allowedHostSuffix }),
  })
  const conversations = makeConversations(settings)
  const socket = await open(settings, signal)
  socket.on('message', (data, binary) => {
    const message = binary || !Buffer.isBuffer(data) ? undefined : parseControlMessage(data.toString())
    if (message?.kind === 'accept') conversations.onAccept(message.accept)
  })
  socket.resume()
  return {
    subprotocol,
    ping: async (waitMs = pongMs) => ping(socket, waitMs),
    renew: async () => socket.send(renewTokenMessage((await tokenProvider(resourceOf(address))).token)),
    notJoined: () => notJoined,
    close: async () => {
      socket.close(1000, 'checked')
      await conversations.finish(1_000)
      socket.terminate()
    },
  }
}

async function open(settings: ListenerSettings, signal: AbortSignal): Promise<WebSocket> {
  const token = await settings.tokenProvider(resourceOf(settings.address))
  const { socket } = await register({ settings, id: randomUUID() }, token, signal)
  return socket
}

async function ping(socket: WebSocket, waitMs: number): Promise<number> {
  const startedMs = performance.now()
  const done = new AbortController()
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(waitMs)])
  const closed = once(socket, 'close', { signal }).then(([code, reason]) => {
    throw new Error(`the service closed the channel with ${code} ${String(reason)}`.trim())
  })
  try {
    socket.ping()
    await Promise.race([once(socket, 'pong', { signal }), closed])
    return Math.round(performance.now() - startedMs)
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError')
      throw new Error(`no answer to a ping in ${waitMs / 1000} s`, { cause: error })
    throw error
  } finally {
    closed.catch(() => {})
    done.abort()
  }
}

function problemIn(fields: Record<string, unknown>): { reason: string; remedy?: string } {
  const { reason, problem, remedy } = fields
  return { reason: String(reason ?? problem), ...(typeof remedy === 'string' && { remedy }) }
}
