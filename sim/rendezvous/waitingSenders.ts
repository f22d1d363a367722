/** Senders whose handshake is held until a listener dials for them. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** `head` is what the sender sent early, which belongs to the WebSocket once it is joined. */
export type WaitingSender = { path: string; request: IncomingMessage; socket: Duplex; head: Buffer }

export type WaitingSenders = {
  /** Holds a sender under an id; `onTimeout` gets it back when nobody took it in time. */
  add: (id: string, sender: WaitingSender, timeoutMs: number, onTimeout: (sender: WaitingSender) => void) => void
  /** Takes a sender out. An id works once. */
  take: (id: string) => WaitingSender | undefined
  size: () => number
  /** Drops everybody. */
  clear: () => void
}

export function makeWaitingSenders(): WaitingSenders {
  const waiting = new Map<string, { take: () => WaitingSender }>()
  const take = (id: string): WaitingSender | undefined => {
    const taken = waiting.get(id)?.take()
    waiting.delete(id)
    return taken
  }
  return {
    take,
    add: (id, sender, timeoutMs, onTimeout) => {
      const timer = setTimeout(() => {
        const late = take(id)
        if (late !== undefined) onTimeout(late)
      }, timeoutMs)
      const release = hold(sender.socket, () => void take(id)?.socket.destroy())
      waiting.set(id, {
        take: () => {
          clearTimeout(timer)
          return { ...sender, head: Buffer.concat([sender.head, release()]) }
        },
      })
    },
    size: () => waiting.size,
    clear: () => {
      for (const id of waiting.keys()) take(id)?.socket.destroy()
    },
  }
}

/** Reads along while the sender waits, to notice when it goes away. The function returned stops that and gives the bytes read. */
function hold(socket: Duplex, onGone: () => void): () => Buffer {
  const early: Buffer[] = []
  const onData = (chunk: Buffer): void => void early.push(chunk)
  socket.on('data', onData).once('end', onGone).once('close', onGone)
  return () => {
    socket.off('data', onData).off('end', onGone).off('close', onGone)
    return Buffer.concat(early)
  }
}
