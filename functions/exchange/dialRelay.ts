/** An open conversation with one of a connector's relays, whichever the rendezvous chooses; nobody has said anything yet. */
import type { WebSocket } from 'ws'
import { RelaySocket } from './relaySocket.ts'
import { unreachable } from './unreachable.ts'

export interface DialOptions {
  /** An open socket to one of the connector's relays, any of them: rendezvous.ts. Throws RendezvousError. */
  readonly open: (connectorId: string) => Promise<WebSocket>
  readonly closeGraceMs?: number
  /** Called with the size of every frame, both ways. */
  readonly onFrame?: (bytes: number) => void
}

/** Throws AppError noRelay, relayLost, relayRefused, badConfiguration (unreachable.ts). */
export async function dialRelay(connectorId: string, options: DialOptions): Promise<RelaySocket> {
  let socket: WebSocket
  try {
    socket = await options.open(connectorId)
  } catch (error) {
    throw unreachable(connectorId, error)
  }
  return new RelaySocket(socket, options.closeGraceMs ?? 2_000, options.onFrame)
}
