/** Notices a WebSocket whose other end is gone although TCP says nothing; used by the listener, its conversations and the sender. */

/** What is needed of a `ws` WebSocket. */
export type LivenessSocket = {
  readonly isPaused: boolean
  readonly bufferedAmount: number
  ping(): void
  pong(): void
  terminate(): void
}

/**
 * `ping`: ask, and expect bytes within `graceMs`. `pong`: only say that we live (what .NET listeners do). `off`: nothing.
 * Configurable because one report of 2019 says that a ping made the service close the channel (azure-relay-dotnet 103).
 */
export type LivenessOptions = { mode?: 'ping' | 'pong' | 'off'; intervalMs?: number; graceMs?: number }

/**
 * Pings an open socket every `intervalMs` (30 s) and terminates it when `graceMs` (10 s) later nothing at all has come in.
 * Any byte counts as life, not only the pong; so do outgoing bytes that the peer took. A socket paused by its reader is not judged.
 * `raw` is the socket underneath. `onDead` is called just before terminate. Returns the function that stops it.
 */
export function keepAlive(
  socket: LivenessSocket,
  raw: { readonly bytesRead: number },
  options: LivenessOptions = {},
  onDead: () => void = () => {},
): () => void {
  const { mode = 'ping', intervalMs = 30_000, graceMs = 10_000 } = options
  let grace: NodeJS.Timeout | undefined
  const judge = (before: { bytesRead: number; bufferedAmount: number }): void => {
    grace = undefined
    const showedLife = raw.bytesRead !== before.bytesRead || socket.bufferedAmount < before.bufferedAmount
    if (showedLife || socket.isPaused || interval === undefined) return
    stop()
    onDead()
    socket.terminate()
  }
  const beat = (): void => {
    if (mode === 'pong') return socket.pong()
    if (grace !== undefined || socket.isPaused) return
    // Taken before the ping: over TLS its own bytes wait for a moment, and their going out is no sign of life.
    const before = { bytesRead: raw.bytesRead, bufferedAmount: socket.bufferedAmount }
    socket.ping()
    // setImmediate: after a stall of the event loop, what already arrived is read before the socket is judged.
    grace = setTimeout(() => setImmediate(judge, before), graceMs)
    grace.unref()
  }
  let interval = mode === 'off' ? undefined : setInterval(beat, intervalMs).unref()
  function stop(): void {
    clearInterval(interval)
    clearTimeout(grace)
    interval = undefined
  }
  return stop
}
