/** The simulated namespace: answers every handshake on `/$hc/...` as the live service does (facts/azure-relay-protocol.md 4 to 6, 11). */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { makeFaults, type Faults } from './faults.ts'
import { acceptMessage, readHandshake, rejectionOf, tokenOf, type Handshake } from './handshake.ts'
import { joinSockets, type LiveSocket } from './joinSockets.ts'
import { makeListeners, type Listener } from './listeners.ts'
import { refuseUpgrade } from './refuseUpgrade.ts'
import { parameter } from './relayPath.ts'
import type { Right, Settings } from './rendezvousOptions.ts'
import { verifyToken, type TokenVerdict } from './verifyToken.ts'
import { makeUpgrader } from './upgrader.ts'
import { makeWaitingSenders, type WaitingSender } from './waitingSenders.ts'

/**
 * `joined` counts the sockets of conversations, two each; `refused` every handshake answered with an error;
 * `bufferedBytes` what waits here for slow readers.
 */
export type NamespaceState = {
  listeners: Record<string, number>
  waiting: number
  joined: number
  refused: number
  bufferedBytes: number
}

export type Namespace = {
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  faults: Faults
  state: () => NamespaceState
  close: () => void
}

/** `acceptBase` gives the `ws://host:port` that accept addresses start with; it is known once the server listens. */
export function makeNamespace(settings: Settings, acceptBase: () => string): Namespace {
  const live = new Set<LiveSocket>()
  const stalled = new Set<Duplex>()
  const faults = makeFaults(live)
  const listeners = makeListeners(settings.paths, settings, faults.isForgotten)
  const waiting = makeWaitingSenders()
  const upgrade = makeUpgrader(settings, live)
  let refused = 0

  const refuse = (socket: Duplex, status: number, text: string): void => {
    refused += 1
    refuseUpgrade(socket, status, text, settings.now())
  }

  const stall = (socket: Duplex): void => {
    stalled.add(socket)
    socket.once('close', () => stalled.delete(socket)).resume()
  }

  const listen = (handshake: Handshake): void => {
    const { path, socket } = handshake
    const check = (token: string | undefined): TokenVerdict => checkToken(settings, handshake, token, 'listen')
    const verdict = check(tokenOf(handshake))
    if (!verdict.ok) return refuse(socket, verdict.status, verdict.text)
    if ((listeners.counts()[path] ?? 0) >= settings.maxListeners) {
      return refuse(socket, 500, `ConnectionsQuotaExceeded: ${settings.maxListeners} listeners are connected`)
    }
    upgrade('control', handshake, undefined, (ws) => listeners.add({ path, ws }, verdict.expiresAt, check))
  }

  const connect = (handshake: Handshake): void => {
    const { path, socket, request, head } = handshake
    const verdict = checkToken(settings, handshake, tokenOf(handshake), 'send')
    if (!verdict.ok) return refuse(socket, verdict.status, verdict.text)
    const listener = listeners.pick(path)
    if (listener === undefined) return refuse(socket, 404, 'There are no listeners connected for the endpoint')
    const id = `${parameter(handshake.query, 'sb-hc-id') ?? randomUUID()}_G${Math.floor(settings.random() * 128)}_${randomUUID().slice(0, 8)}`
    waiting.add(id, { path, request, socket, head }, settings.acceptTimeoutMs, (late) =>
      refuse(late.socket, 504, 'None of the connected listeners accepted the connection within the allowed timeout'),
    )
    sendAccept(listener, acceptMessage(handshake, id, acceptBase()), id)
  }

  const sendAccept = (listener: Listener, message: string, id: string): void => {
    const fault = faults.takeAcceptFault()
    if (fault === 'lost') return
    if (fault === 'expired') return listener.ws.send(message.replaceAll(id, `${id}_spent`))
    listener.ws.send(message)
    if (fault === 'duplicate') listener.ws.send(message)
  }

  const accept = (handshake: Handshake): void => {
    const sender = waiting.take(parameter(handshake.query, 'sb-hc-id') ?? '')
    if (sender === undefined)
      return refuse(handshake.socket, 403, 'Forbidden: the rendezvous URL is unknown, spent or expired')
    const rejection = rejectionOf(handshake)
    if (rejection === undefined) return join(handshake, sender)
    refuse(sender.socket, rejection.status, rejection.text)
    refuse(handshake.socket, 410, 'Gone: the sender was rejected')
  }

  /** The listener's sub-protocol is the one both sides get. */
  const join = (handshake: Handshake, sender: WaitingSender): void => {
    const protocol = handshake.request.headers['sec-websocket-protocol']?.split(',')[0]?.trim()
    upgrade('listener', handshake, protocol, (listenerSocket) => {
      // all in one turn, so that no message can come before it can be passed on
      upgrade('sender', sender, protocol, (senderSocket) => joinSockets(senderSocket, listenerSocket, settings))
      if (sender.socket.destroyed) listenerSocket.close(1001, 'the peer is gone')
    })
  }

  const serve: Record<Handshake['action'], (handshake: Handshake) => void> = {
    listen,
    connect,
    accept,
    request: ({ socket }) => refuse(socket, 501, 'HTTP mode is not implemented by this simulator'),
  }

  return {
    faults,
    state: () => ({
      listeners: listeners.counts(),
      waiting: waiting.size(),
      joined: [...live].filter(({ kind }) => kind !== 'control').length,
      refused,
      bufferedBytes: [...live].reduce((sum, { ws }) => sum + ws.bufferedAmount, 0),
    }),
    onUpgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      const handshake = readHandshake(request, socket, head, settings.paths)
      if (!('action' in handshake)) return refuse(socket, handshake.status, handshake.text)
      if (faults.takeStall(handshake.action)) return stall(socket)
      const order = faults.takeRefusal(handshake.action)
      if (order !== undefined) return refuse(socket, order.status, order.text)
      serve[handshake.action](handshake)
    },
    close: () => {
      waiting.clear()
      for (const socket of stalled) socket.destroy()
      for (const { ws, raw } of live) {
        ws.terminate()
        raw.destroy()
      }
    },
  }
}

function checkToken(settings: Settings, handshake: Handshake, token: string | undefined, right: Right): TokenVerdict {
  const { rules, acceptJwt } = settings
  return verifyToken(
    token,
    { host: handshake.host, path: handshake.fullPath, right },
    { rules, acceptJwt, now: settings.now() },
  )
}
