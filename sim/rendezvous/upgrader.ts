/** Finishes WebSocket handshakes for the simulated service and keeps the set of sockets that are live. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { LiveSocket } from './joinSockets.ts'
import type { Settings } from './rendezvousOptions.ts'

export type Upgrader = (
  kind: LiveSocket['kind'],
  from: { request: IncomingMessage; socket: Duplex; head: Buffer; path: string },
  protocol: string | undefined,
  onOpen: (ws: WebSocket) => void,
) => void

/** `protocol` is what the other side is told was agreed on. `onOpen` runs before anything can be read. */
export function makeUpgrader(settings: Settings, live: Set<LiveSocket>): Upgrader {
  const protocols = new WeakMap<IncomingMessage, string>()
  const common = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: settings.maxPayloadBytes,
    handleProtocols: (_offered: Set<string>, request: IncomingMessage) => protocols.get(request) ?? false,
  } as const
  const control = new WebSocketServer(common)
  const data = new WebSocketServer({ ...common, autoPong: settings.dataPings === 'service' })
  return (kind, { request, socket, head, path }, protocol, onOpen) => {
    if (protocol !== undefined) protocols.set(request, protocol)
    const server = kind === 'control' ? control : data
    server.handleUpgrade(request, socket, head, (ws) => {
      const entry: LiveSocket = { kind, path, ws, raw: socket }
      live.add(entry)
      ws.on('error', () => {}) // a close follows and says all there is to say
      ws.on('close', () => live.delete(entry))
      onOpen(ws)
    })
  }
}
