/** What a relay has said of one batch and nobody has taken yet; checks that every command gets one outcome and no row comes after it. */
import type { CommandResult, Row } from '../../protocol/messages.ts'
import type { AppError } from '../errors.ts'
import { lost } from './relaySocket.ts'

/** `received`: rows that came for the command before its outcome. */
export type BatchEvent =
  | { readonly kind: 'rows'; readonly commandId: string; readonly rows: readonly Row[] }
  | { readonly kind: 'result'; readonly result: CommandResult; readonly received: number }
  | { readonly kind: 'end'; readonly repeated: boolean }

interface Waiter {
  readonly resolve: (event: BatchEvent) => void
  readonly reject: (error: AppError) => void
}

export class BatchInbox {
  readonly batchId: string
  /** The relay refused the batch as a whole: nothing of it is executed. */
  isRefused = false
  readonly #events: BatchEvent[] = []
  /** Rows so far, by command without an outcome. */
  readonly #open: Map<string, number>
  #failure: AppError | null = null
  #waiter: Waiter | null = null

  constructor(batchId: string, commandIds: readonly string[]) {
    this.batchId = batchId
    this.#open = new Map(commandIds.map((id) => [id, 0]))
  }

  /** The next event, in order; what came before a failure is given before the failure is thrown. One caller at a time; nothing after `end`. */
  async next(): Promise<BatchEvent> {
    const event = this.#events.shift()
    if (event) return event
    if (this.#failure) throw this.#failure
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  rows(commandId: string, rows: readonly Row[]): void {
    const before = this.#open.get(commandId)
    if (before === undefined) throw this.#wrong(`rows for ${commandId}, which is not a running command of it`)
    this.#open.set(commandId, before + rows.length)
    this.#push({ kind: 'rows', commandId, rows })
  }

  results(results: readonly CommandResult[]): void {
    for (const result of results) {
      const received = this.#open.get(result.commandId)
      if (received === undefined) {
        throw this.#wrong(`an outcome for ${result.commandId}, which is not a running command of it`)
      }
      this.#open.delete(result.commandId)
      this.#push({ kind: 'result', result, received })
    }
  }

  end(repeated: boolean): void {
    if (this.#open.size > 0) throw this.#wrong(`an end, but ${this.#open.size} commands have no outcome`)
    this.#push({ kind: 'end', repeated })
  }

  fail(error: AppError): void {
    this.#failure ??= error
    const waiter = this.#waiter
    this.#waiter = null
    waiter?.reject(this.#failure)
  }

  refuse(error: AppError): void {
    this.isRefused = true
    this.fail(error)
  }

  #push(event: BatchEvent): void {
    const waiter = this.#waiter
    this.#waiter = null
    if (waiter) waiter.resolve(event)
    else this.#events.push(event)
  }

  #wrong(what: string): AppError {
    return lost(`for batch ${this.batchId} it sent ${what}`)
  }
}
