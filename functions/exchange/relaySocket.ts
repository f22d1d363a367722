/** The joined WebSocket as whole frames of text, with one end: whatever goes wrong first is what everybody who waits is told. */
import type { RawData, WebSocket } from 'ws'
import { AppError } from '../errors.ts'

export interface FrameReader {
  /** May throw: the conversation then ends with what it threw. */
  frame(text: string): void
  end(error: AppError): void
}

export class RelaySocket {
  readonly #socket: WebSocket
  readonly #closeGraceMs: number
  readonly #onFrame: (bytes: number) => void
  #reader: FrameReader | null = null
  /** A frame that came before anybody asked for one. */
  #early: string | null = null
  #end: AppError | null = null

  /** Attaches at once: to be called in the same turn in which the socket was opened. */
  constructor(socket: WebSocket, closeGraceMs: number, onFrame: (bytes: number) => void = () => undefined) {
    this.#socket = socket
    this.#closeGraceMs = closeGraceMs
    this.#onFrame = onFrame
    socket.on('message', this.#onMessage)
    socket.on('close', this.#onClose)
    socket.on('error', this.#onError)
    if (socket.readyState !== socket.OPEN) this.fail(lost('it was closed before anything was said'))
  }

  get end(): AppError | null {
    return this.#end
  }

  /** From here on every frame, and the end, goes to this reader; what came before comes first. */
  read(reader: FrameReader): void {
    this.#reader = reader
    if (this.#end) return reader.end(this.#end)
    const early = this.#early
    this.#early = null
    if (early !== null) this.#take(early)
  }

  send(message: object): void {
    if (this.#end) throw this.#end
    const text = JSON.stringify(message)
    this.#onFrame(Buffer.byteLength(text))
    this.#socket.send(text, (error) => {
      if (error) this.fail(lost(error.message, error))
    })
  }

  /** Ends the conversation; the first call decides why. */
  fail(error: AppError): void {
    if (this.#end) return
    this.#end = error
    this.#early = null
    this.#reader?.end(error)
  }

  /** Closes with 1000 and waits for the other side's answer, not longer than the grace. Leaves no listener behind. */
  async close(): Promise<void> {
    this.fail(new AppError('internal', 'This conversation is over: it was used after its end.'))
    const socket = this.#socket
    socket.off('message', this.#onMessage)
    if (socket.readyState !== socket.CLOSED) {
      await new Promise<void>((resolve) => {
        const giveUp = setTimeout(() => socket.terminate(), this.#closeGraceMs)
        socket.once('close', () => {
          clearTimeout(giveUp)
          resolve()
        })
        socket.close(1000)
      })
    }
    socket.off('close', this.#onClose)
    socket.off('error', this.#onError)
  }

  readonly #onMessage = (data: RawData, isBinary: boolean): void => {
    if (this.#end) return
    if (isBinary) return this.fail(lost('it sent a binary frame'))
    const text = textOf(data)
    this.#onFrame(Buffer.byteLength(text))
    this.#take(text)
  }

  readonly #onClose = (code: number, reason: Buffer): void => {
    const why = code === 1001 ? 'the relay is shutting down' : `the socket was closed (${code})`
    const said = reason.length > 0 ? `: ${reason.toString('utf8')}` : ''
    this.fail(lost(`${why}${said}`))
  }

  readonly #onError = (error: Error): void => {
    this.fail(lost(error.message, error))
  }

  #take(frame: string): void {
    if (!this.#reader) {
      if (this.#early !== null) return this.fail(lost('it sent more than the one message that was asked for'))
      this.#early = frame
      return
    }
    try {
      this.#reader.frame(frame)
    } catch (error) {
      this.fail(error instanceof AppError ? error : lost(error instanceof Error ? error.message : String(error), error))
    }
  }
}

/** The conversation broke, or the relay broke its rules. Another relay, or the same one later, may do it. */
export function lost(what: string, cause?: unknown): AppError {
  const message = `The conversation with the relay broke: ${what}. Its work is tried again; if this repeats, look at the relay's log.`
  return new AppError('relayLost', message, { cause, retryable: true })
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
