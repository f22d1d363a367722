/** One command between its start and the reader's having its outcome: rows kept in bounds, the outcome behind them. */
import type { Failure } from './failure.ts'

/** One entry of `start` of a step (module-contract.md). */
export interface CommandRequest {
  readonly key: string
  readonly cmdlet: string
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly returns?: readonly string[]
  readonly notAfter?: string
}

// Above the first, the stream from Exchange stands still; below the second it goes on.
const mostRows = 2_000
const fewRows = 1_000

export class Pipeline {
  readonly request: CommandRequest
  readonly warnings: string[] = []
  /** Lines of rows, as they will be printed. */
  #rows: string[] = []
  #given = 0
  #outcome: string | undefined
  #flow: { pause: () => void; resume: () => void } | undefined
  #isPaused = false
  /** Whether rows have left for the reader: then the command cannot be run again. */
  hasGivenRows = false
  isCancelled = false
  stop: () => void = () => {}

  constructor(request: CommandRequest) {
    this.request = request
  }

  get rowCount(): number {
    return this.#rows.length - this.#given
  }

  get isDone(): boolean {
    return this.#outcome !== undefined
  }

  /** Whether a step may print something of it. */
  isReady(isHeld: boolean): boolean {
    return this.rowCount > 0 ? !isHeld : this.isDone
  }

  /** The stream that the rows come from, to be paused while there are many. */
  set flow(flow: { pause: () => void; resume: () => void }) {
    this.#flow = flow
    this.#isPaused = false
  }

  addRow(json: string): void {
    if (this.isCancelled) return
    this.#rows.push(`{"key":${JSON.stringify(this.request.key)},"row":${json}}`)
    if (this.rowCount < mostRows || this.#isPaused) return
    this.#isPaused = true
    this.#flow?.pause()
  }

  /** At most so many lines of rows, and the outcome when no row is left. */
  takeRows(most: number): string[] {
    const taken = this.#rows.slice(this.#given, this.#given + most)
    this.#given += taken.length
    if (this.#given === this.#rows.length || this.#given > mostRows) {
      this.#rows = this.#rows.slice(this.#given)
      this.#given = 0
    }
    this.hasGivenRows ||= taken.length > 0
    if (this.#isPaused && this.rowCount < fewRows) {
      this.#isPaused = false
      this.#flow?.resume()
    }
    return taken
  }

  /** The line of the outcome, once nothing is left before it. */
  get outcomeLine(): string | undefined {
    return this.rowCount === 0 ? this.#outcome : undefined
  }

  dropRows(): void {
    this.#rows = []
    this.#given = 0
  }

  end(durationMs: number, error?: Failure): void {
    const { warnings } = this
    const done = { ok: !error, warnings, durationMs, ...(error && { error }) }
    this.#outcome ??= JSON.stringify({ key: this.request.key, done })
  }
}
