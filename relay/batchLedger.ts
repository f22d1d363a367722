/**
 * Remembers the batches of changes that this relay ran, so that a repeated one is answered and not executed again. Kept for longer than a
 * batch can live, and never forgotten early: when the memory is full, a new batch is refused as busy instead.
 */
import { createHash } from 'node:crypto'
import type { Command } from '../protocol/checkCommand.ts'
import { limits, type Batch } from '../protocol/messages.ts'
import { Refusal } from '../protocol/refusal.ts'
import type { Lanes } from './addCommand.ts'
import { ChangeRun, type Remembered } from './changeRun.ts'

export interface LedgerLimits {
  /** From the moment a batch was last under way. */
  readonly keepMs: number
  readonly batches: number
  /** Of all remembered outcomes, as JSON text: about 80 a command. */
  readonly chars: number
}

// 15 minutes at the fastest rate that Exchange allows (15 sessions, 50 ms a change) are 270,000 outcomes.
const ledgerLimits: LedgerLimits = { keepMs: 15 * 60_000, batches: 10_000, chars: 24_000_000 }
const shortestKeepMs = 2 * limits.batchLifetimeMs

interface Entry {
  readonly hash: string
  /** While somebody looks on or something runs. */
  run: ChangeRun | undefined
  /** Otherwise: the outcomes as JSON, one string instead of thousands of objects. */
  text: string
  lastMs: number
}

export class BatchLedger {
  private readonly runner: Lanes
  private readonly now: () => number
  private readonly bounds: LedgerLimits
  /** Oldest first. */
  private readonly entries = new Map<string, Entry>()
  private chars = 0

  constructor(runner: Lanes, now: () => number, bounds: LedgerLimits = ledgerLimits) {
    if (bounds.keepMs < shortestKeepMs) throw new RangeError(`keepMs must be ${shortestKeepMs} or more`)
    this.runner = runner
    this.now = now
    this.bounds = bounds
  }

  /**
   * The run of this batch, made or found. `isRepeated` when the id was seen before, with the same commands. Throws a Refusal: `replayed`
   * when they were others, `busy` when no more can be remembered.
   */
  open(batch: Batch): { run: ChangeRun; isRepeated: boolean } {
    this.forgetOld()
    const hash = hashOf(batch.commands)
    const known = this.entries.get(batch.batchId)
    if (known && known.hash !== hash) {
      throw new Refusal('replayed', `batch ${batch.batchId} was used for other commands; a new batch needs a new id`)
    }
    if (!known && this.isFull) {
      const minutes = Math.round(this.bounds.keepMs / 60_000)
      throw new Refusal('busy', `the relay remembers ${this.entries.size} batches of the last ${minutes} min; wait`)
    }
    const entry = known ?? { hash, run: undefined, text: '', lastMs: this.now() }
    this.entries.set(batch.batchId, entry)
    return { run: entry.run ?? this.resume(batch, entry), isRepeated: known !== undefined }
  }

  /** What is remembered now. */
  get size(): { batches: number; chars: number } {
    return { batches: this.entries.size, chars: this.chars }
  }

  /** Conversations that wait for outcomes of this batch. */
  viewers(batchId: string): number {
    return this.entries.get(batchId)?.run?.viewerCount ?? 0
  }

  private get isFull(): boolean {
    return this.entries.size >= this.bounds.batches || this.chars >= this.bounds.chars
  }

  private resume(batch: Batch, entry: Entry): ChangeRun {
    const remembered = new Map<string, Remembered>(entry.text === '' ? [] : JSON.parse(entry.text))
    const onIdle = () => this.rest(batch.batchId, entry, remembered)
    const { commands, runId } = batch
    entry.run = new ChangeRun({ commands, runId, runner: this.runner, remembered, onIdle })
    return entry.run
  }

  private rest(batchId: string, entry: Entry, remembered: Map<string, Remembered>): void {
    this.chars -= entry.text.length
    entry.text = JSON.stringify([...remembered])
    this.chars += entry.text.length
    entry.run = undefined
    entry.lastMs = this.now()
    this.entries.delete(batchId)
    this.entries.set(batchId, entry)
  }

  private forgetOld(): void {
    const oldestMs = this.now() - this.bounds.keepMs
    for (const [batchId, entry] of this.entries) {
      if (entry.run) continue
      if (entry.lastMs > oldestMs) return
      this.chars -= entry.text.length
      this.entries.delete(batchId)
    }
  }
}

/** The same for the same commands, whatever the order of properties in their parameters. */
function hashOf(commands: readonly Command[]): string {
  return createHash('sha256').update(JSON.stringify(commands, sorted)).digest('hex')
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
