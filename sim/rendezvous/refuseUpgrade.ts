/** Answers a WebSocket handshake with an HTTP error whose reason phrase carries a TrackingId, as the live service does. */
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'

/** `now` in milliseconds. The text is cut to what a status line can carry. */
export function refuseUpgrade(socket: Duplex, status: number, text: string, now: number): void {
  if (!socket.writable) return void socket.destroy()
  const reason = reasonPhrase(text, now)
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => socket.destroy())
}

/** The text with TrackingId, SystemTracker and Timestamp, safe for a status line. */
function reasonPhrase(text: string, now: number): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?').slice(0, 400)
  return `${plain}. TrackingId:${randomUUID()}_G0, SystemTracker:sim, Timestamp:${new Date(now).toISOString()}`
}
