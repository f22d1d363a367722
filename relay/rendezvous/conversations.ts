/** Takes senders off the control channels' hands: joins each with a conversation, or turns it away; knows which are open. */
import { WebSocket } from 'ws'
import { redact, rejectUrl } from '../../protocol/rendezvous.ts'
import { handshakeDone, HandshakeError } from '../../protocol/rendezvousHandshake.ts'
import { keepAlive } from '../../protocol/rendezvousLiveness.ts'
import { applicationHeaders, offeredProtocols, type AcceptMessage } from '../../protocol/rendezvousMessages.ts'
import { acceptAddressProblem } from './acceptAddress.ts'
import type { ListenerSettings } from './listenerOptions.ts'
import { proxyFailureIn } from './remedyFor.ts'

export type Conversations = {
  /** Returns at once and never throws. */
  onAccept: (accept: AcceptMessage) => void
  /** Open conversations and those being joined. */
  size: () => number
  /** Resolves when none is left; after `timeoutMs` the rest is closed with 1001. */
  finish: (timeoutMs: number) => Promise<void>
}

/** Turning away costs a handshake too; beyond this many at once a sender is left to its own timeout. */
const maxRejections = 32

/**
 *   accept                                   answer
 *   address outside the allowed hosts        none, alert: it may be forged
 *   as many conversations as allowed         503
 *   no sub-protocol that we speak            400, or what `otherSenders` says
 *   otherwise                                joined, `onConversation`
 */
export function makeConversations(settings: ListenerSettings): Conversations {
  const { log, timings } = settings
  const sockets = new Set<WebSocket>()
  let rejecting = 0
  let onIdle: (() => void) | undefined
  const forget = (socket: WebSocket): void => {
    sockets.delete(socket)
    if (sockets.size === 0) onIdle?.()
  }

  const join = async (accept: AcceptMessage, protocol: string): Promise<void> => {
    try {
      const dialled = dial(settings, accept.address, protocol)
      sockets.add(dialled)
      dialled.once('close', () => forget(dialled))
      const { socket, raw } = await handshakeDone(dialled, timings.acceptTimeoutMs)
      converse(settings, { socket, raw, accept })
    } catch (error) {
      log('warn', 'relay.conversation.notJoined', { id: accept.id, ...described(error) })
    }
  }

  const reject = async (accept: AcceptMessage, status: number, text: string): Promise<void> => {
    const isTold = rejecting < maxRejections
    log('warn', 'relay.conversation.rejected', { id: accept.id, status, text, isTold })
    if (!isTold) return
    rejecting += 1
    const problem = await tellRejection(settings, rejectUrl(accept.address, status, text))
    rejecting -= 1
    if (problem !== undefined) log('debug', 'relay.conversation.rejectionLost', { id: accept.id, ...problem })
  }

  return {
    size: () => sockets.size,
    onAccept: (accept) => {
      const problem = acceptAddressProblem(accept.address, settings)
      if (problem !== undefined) return log('alert', 'relay.accept.foreign', { id: accept.id, problem })
      if (sockets.size >= settings.maxConversations) {
        return void reject(accept, 503, `busy: ${sockets.size} conversations are open`)
      }
      const protocol = chosenProtocol(settings.subprotocol, offeredProtocols(accept.connectHeaders))
      const { status, text } = settings.otherSenders
      if (protocol === undefined) return void reject(accept, status, text)
      void join(accept, protocol)
    },
    finish: async (timeoutMs) => {
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve
        if (sockets.size === 0) resolve()
      })
      if (await isDoneWithin(idle, timeoutMs)) return
      log('warn', 'relay.conversations.cut', { open: sockets.size, afterMs: timeoutMs })
      for (const socket of sockets) socket.close(1001, 'the relay stops')
      if (await isDoneWithin(idle, timings.closeTimeoutMs)) return
      for (const socket of sockets) socket.terminate()
      await isDoneWithin(idle, timings.closeTimeoutMs)
    },
  }
}

/** `''`: joined without a sub-protocol, which only `any` allows. Undefined: none that we speak. */
function chosenProtocol(wanted: string, offered: string[]): string | undefined {
  if (wanted === 'any') return offered[0] ?? ''
  return offered.find((protocol) => protocol === wanted)
}

function dial(settings: ListenerSettings, url: string, protocol = ''): WebSocket {
  return new WebSocket(url, protocol === '' ? [] : [protocol], {
    perMessageDeflate: false,
    maxPayload: settings.maxPayloadBytes,
    ...(settings.agent === undefined ? {} : { agent: settings.agent }),
  })
}

/** Hands the paused socket over, then lets it read. A handler that throws ends its own conversation and no other. */
function converse(
  settings: ListenerSettings,
  joined: { socket: WebSocket; raw: { readonly bytesRead: number }; accept: AcceptMessage },
): void {
  const { socket, raw, accept } = joined
  const { log, timings } = settings
  const liveness = { mode: settings.ping, intervalMs: timings.pingIntervalMs, graceMs: timings.pongGraceMs }
  const stopLiveness = keepAlive(socket, raw, liveness, () => log('warn', 'relay.conversation.dead', { id: accept.id }))
  socket.once('close', stopLiveness)
  const onFault = (error: unknown): void => {
    log('alert', 'relay.conversation.fault', { id: accept.id, ...described(error) })
    socket.close(1011, 'internal error')
  }
  const info = { id: accept.id, headers: applicationHeaders(accept.connectHeaders), protocol: socket.protocol }
  try {
    Promise.resolve(settings.onConversation(socket, info)).catch(onFault)
  } catch (error) {
    onFault(error)
  }
  socket.resume()
}

/** Dials the rejection; 410 Gone is how the service says that the sender has been told. Anything else is returned. */
async function tellRejection(settings: ListenerSettings, url: string): Promise<Record<string, unknown> | undefined> {
  try {
    const { socket } = await handshakeDone(dial(settings, url), settings.timings.acceptTimeoutMs)
    socket.terminate()
    return { reason: 'the service joined a rejected sender' }
  } catch (error) {
    return error instanceof HandshakeError && error.status === 410 ? undefined : described(error)
  }
}

function described(error: unknown): Record<string, unknown> {
  const reason = redact(error instanceof Error ? error.message : String(error))
  if (!(error instanceof HandshakeError)) return { reason }
  const { status, timedOut, trackingId } = error
  const proxyFailure = proxyFailureIn(error)
  const proxy = proxyFailure && { proxyStatus: proxyFailure.status, remedy: proxyFailure.remedy }
  return { reason, status, timedOut, trackingId, ...proxy }
}

async function isDoneWithin(done: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), timeoutMs)))
  const isDone = await Promise.race([done.then(() => true), late])
  clearTimeout(timer)
  return isDone
}
