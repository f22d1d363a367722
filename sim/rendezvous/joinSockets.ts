/** Joins the sender's and the listener's socket: frames, closes and back-pressure pass from one to the other, nothing is kept. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** A socket of the simulated service, with what is underneath it. */
export type LiveSocket = { kind: 'control' | 'sender' | 'listener'; path: string; ws: WebSocket; raw: Duplex }

/**
 * While more than `highWaterMarkBytes` wait for one side, the other side's socket is not read, so memory stays flat however much flows.
 * A close passes on with code and reason; where a side vanished without one, the other sees 1001.
 */
export function joinSockets(
  sender: WebSocket,
  listener: WebSocket,
  options: { highWaterMarkBytes: number; dataPings: 'service' | 'peer' },
): void {
  forward(sender, listener, options)
  forward(listener, sender, options)
}

function forward(
  from: WebSocket,
  to: WebSocket,
  options: { highWaterMarkBytes: number; dataPings: 'service' | 'peer' },
): void {
  const resume = (): void => {
    if (from.isPaused && to.bufferedAmount <= options.highWaterMarkBytes / 2) from.resume()
  }
  from.on('message', (data, binary) => {
    if (to.readyState !== to.OPEN) return
    to.send(data, { binary }, resume)
    if (to.bufferedAmount > options.highWaterMarkBytes) from.pause()
  })
  if (options.dataPings === 'peer') {
    from.on('ping', (data) => to.readyState === to.OPEN && to.ping(data))
    from.on('pong', (data) => to.readyState === to.OPEN && to.pong(data))
  }
  from.on('close', (code, reason) => {
    to.resume() // a paused socket would never see the answer to its close
    closeLike(to, code, reason)
  })
}

/** 1005 (closed without a code) stays so; what may not be sent, such as 1006, becomes 1001. */
function closeLike(socket: WebSocket, code: number, reason: Buffer): void {
  if (code === 1005) return socket.close()
  const sendable = (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) || (code >= 3000 && code <= 4999)
  if (sendable) socket.close(code, reason)
  else socket.close(1001, 'the peer is gone')
}
