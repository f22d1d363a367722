/** Mirrors the relay's log in the Windows Event Log: entries are collected for a moment and written by the Windows script. */
import type { LineSink } from '../log.ts'
import { EntryLimit } from './entryLimit.ts'
import { toEventEntry, type EventEntry } from './toEventEntry.ts'

export interface EventLogOptions {
  /** Writes these entries, oldest first. May reject. */
  readonly write: (entries: readonly EventEntry[]) => Promise<void>
  /** The same before the next line of code runs: for the last entry of a relay that is about to end by a fault. May throw. */
  readonly writeNow: (entries: readonly EventEntry[]) => void
  readonly now?: () => number
  readonly times?: EventLogTimes
}

export interface EventLogTimes {
  /** Entries that come within this time are written together. */
  readonly collectMs: number
  /** After a failure to write; doubles up to the longest. */
  readonly firstRetryMs: number
  readonly longestRetryMs: number
}

const usualTimes: EventLogTimes = { collectMs: 1_000, firstRetryMs: 60_000, longestRetryMs: 3_600_000 }
/** Entries that wait for a log that cannot be written; of more, the oldest are dropped. */
const mostWaiting = 200

/** Nothing here throws or waits: the relay does not depend on the Event Log. */
export class EventLog implements LineSink {
  private readonly options: Required<EventLogOptions>
  private readonly limit = new EntryLimit()
  private waiting: EventEntry[] = []
  private writing: Promise<void> | undefined
  private timer: NodeJS.Timeout | undefined
  private retries = 0
  private retryAtMs = 0
  /** Told when writing fails for the first time, and when it works again. Must not throw. */
  onProblem: (problem: string) => void = () => {}
  onRepaired: () => void = () => {}

  constructor(options: EventLogOptions) {
    this.options = { now: Date.now, times: usualTimes, ...options }
  }

  write(line: string): void {
    const entry = toEventEntry(line)
    if (!entry) return
    this.add(this.limit.take(entry, this.options.now()))
    this.schedule()
  }

  /** Called by the logger for a line of level fatal, after which the process may be gone. */
  flushSync(): void {
    const entries = [...this.waiting, ...this.limit.rest()]
    this.waiting = []
    if (entries.length === 0) return
    try {
      this.options.writeNow(entries)
    } catch {
      // The log line is written; there is nobody left to tell.
    }
  }

  /** Writes what is left, once. Resolves also when that fails. */
  async close(): Promise<void> {
    clearTimeout(this.timer)
    await this.writing
    this.add(this.limit.rest())
    if (this.waiting.length > 0) await this.writeWaiting()
    clearTimeout(this.timer)
  }

  private add(entries: readonly EventEntry[]): void {
    this.waiting = [...this.waiting, ...entries].slice(-mostWaiting)
  }

  /** One timer at a time: for the entries that wait, else for what the limit holds back. It keeps no process alive. */
  private schedule(): void {
    if (this.timer || this.writing) return
    const { now, times } = this.options
    const dueMs = this.waiting.length > 0 ? Math.max(now() + times.collectMs, this.retryAtMs) : this.limit.nextDueMs()
    if (dueMs === undefined) return
    this.timer = setTimeout(() => this.onTime(), Math.max(0, dueMs - now())).unref()
  }

  private onTime(): void {
    this.timer = undefined
    this.add(this.limit.due(this.options.now()))
    if (this.waiting.length === 0) return this.schedule()
    this.writing = this.writeWaiting().finally(() => {
      this.writing = undefined
      this.schedule()
    })
  }

  private async writeWaiting(): Promise<void> {
    const entries = this.waiting
    this.waiting = []
    try {
      await this.options.write(entries)
    } catch (error) {
      this.waiting = [...entries, ...this.waiting].slice(-mostWaiting)
      return this.onFailure(error)
    }
    const wasBroken = this.retries > 0
    this.retries = 0
    this.retryAtMs = 0
    if (wasBroken) this.onRepaired()
  }

  private onFailure(error: unknown): void {
    const { now, times } = this.options
    this.retryAtMs = now() + Math.min(times.longestRetryMs, times.firstRetryMs * 2 ** Math.min(this.retries, 20))
    this.retries += 1
    if (this.retries === 1) this.onProblem(error instanceof Error ? error.message : String(error))
  }
}
