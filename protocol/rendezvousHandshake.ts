/** Waits for a WebSocket handshake with the relay service and makes one plain error of every way it can fail; for listener and sender. */
import { redact, trackingIdOf } from './rendezvous.ts'

/** What is needed of a `ws` WebSocket that is still connecting. */
export type ConnectingSocket = {
  on(event: 'open', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'upgrade', listener: (response: { socket: RawSocket }) => void): unknown
  on(event: 'unexpected-response', listener: (request: unknown, response: RefusedResponse) => void): unknown
  pause(): void
  terminate(): void
}

export type RawSocket = { readonly bytesRead: number }
type RefusedResponse = { statusCode?: number | undefined; statusMessage?: string | undefined; resume(): unknown }

/** `status` if the service answered; `timedOut` if nothing came in time; neither if the network failed. `message` is free of tokens. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly status: number | undefined
  readonly timedOut: boolean
  readonly trackingId: string | undefined

  constructor(message: string, options: { status?: number; timedOut?: boolean; cause?: unknown } = {}) {
    super(redact(message), { cause: options.cause })
    this.status = options.status
    this.timedOut = options.timedOut ?? false
    this.trackingId = trackingIdOf(message)
  }
}

/**
 * Resolves once the socket is open, **paused**, so that no early message is lost: attach handlers, then `resume()`.
 * Rejects with a HandshakeError within `timeoutMs` in any case, and the socket is then terminated.
 * The socket has an error handler from here on; what goes wrong later is told by its close event.
 */
export async function handshakeDone<S extends ConnectingSocket>(
  socket: S,
  timeoutMs: number,
): Promise<{ socket: S; raw: RawSocket }> {
  let raw: RawSocket = { bytesRead: 0 }
  let timer: NodeJS.Timeout | undefined
  socket.on('upgrade', (response) => (raw = response.socket))
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(new HandshakeError(`no answer to the handshake in ${Math.round(timeoutMs)} ms`, { timedOut: true })),
        timeoutMs,
      )
      socket.on('error', (error) => reject(new HandshakeError(textOf(error), { cause: error })))
      socket.on('unexpected-response', (_request, response) => {
        response.resume()
        const status = response.statusCode ?? 0
        reject(new HandshakeError(`${status} ${response.statusMessage ?? ''}`.trim(), { status }))
      })
      socket.on('open', () => {
        socket.pause()
        resolve()
      })
    })
    return { socket, raw }
  } catch (error) {
    socket.terminate()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** A connection refused on every address of a host comes as an AggregateError with an empty message. */
function textOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return [code, error.message].filter((part) => part !== '').join(': ') || error.name
}
