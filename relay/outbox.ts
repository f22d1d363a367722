/**
 * What waits to be sent in one conversation. Rows need credit and an empty network buffer; outcomes do not, but a command's outcome never
 * overtakes its rows. Batches take turns, so that a list that waits for credit does not hold back the outcomes of another batch.
 */
import { limits, type CommandResult, type Row } from '../protocol/messages.ts'
import { OutboxLane } from './outboxLane.ts'
import type { SignedReplies } from './signedReplies.ts'

/** With this much waiting for the network, the reader counts as slow whatever credit it gave. */
const bufferedBytes = 2 * limits.rowsMessageChars

export interface BatchReplies {
  /** `chars`: length of the row as JSON text. */
  row(commandId: string, row: Row, chars: number): void
  result(result: CommandResult): void
  end(repeated: boolean): void
}

export interface OutboxOptions {
  readonly replies: SignedReplies
  readonly rowCredit: number
  /** Called when rows can flow again after `isHeld`. */
  readonly onReady: () => void
  readonly now: () => number
}

export class Outbox {
  private readonly options: OutboxOptions
  private readonly lanes = new Set<OutboxLane>()
  private credit: number
  private isScheduled = false
  private isClosed = false
  private progressMs: number
  private onEmpty: () => void = () => {}

  constructor(options: OutboxOptions) {
    this.options = options
    this.credit = options.rowCredit
    this.progressMs = options.now()
  }

  /** True when the rows that wait are as many as the reader will take: then the reading pauses. */
  get isHeld(): boolean {
    const waiting = [...this.lanes].reduce((sum, lane) => sum + lane.waitingRows, 0)
    return !this.isClosed && (waiting >= this.credit || this.isBlocked)
  }

  /** For how long rows have waited without one leaving; 0 when none waits. */
  get stalledMs(): number {
    const isWaiting = [...this.lanes].some((lane) => lane.waitingRows > 0)
    return isWaiting ? this.options.now() - this.progressMs : 0
  }

  lane(batchId: string): BatchReplies {
    const lane = new OutboxLane(batchId)
    this.lanes.add(lane)
    return {
      row: (commandId, row, chars) => {
        if (this.stalledMs === 0) this.progressMs = this.options.now()
        lane.addRow(commandId, row, chars)
        this.schedule()
      },
      result: (result) => {
        lane.addResult(result)
        this.schedule()
      },
      end: (repeated) => {
        lane.addEnd(repeated)
        this.schedule()
      },
    }
  }

  addCredit(rows: number): void {
    this.credit = Math.min(this.credit + rows, 1_000_000)
    this.flush()
  }

  /** Drops everything: the conversation is over. */
  close(): void {
    this.isClosed = true
    this.lanes.clear()
    this.onEmpty()
  }

  /** Resolves when every lane has sent its end. */
  async emptied(): Promise<void> {
    if (this.lanes.size === 0) return
    await new Promise<void>((resolve) => (this.onEmpty = resolve))
  }

  private get isBlocked(): boolean {
    return this.options.replies.waitingBytes > bufferedBytes
  }

  /** Once an event-loop turn: what a step brought travels together. */
  private schedule(): void {
    if (this.isScheduled || this.isClosed) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.flush()
    })
  }

  private flush(): void {
    let hasSent = true
    while (hasSent && !this.isClosed) {
      hasSent = false
      for (const lane of this.lanes) hasSent = this.sendOne(lane) || hasSent
    }
    if (!this.isHeld) this.options.onReady()
    if (this.lanes.size === 0) this.onEmpty()
  }

  private sendOne(lane: OutboxLane): boolean {
    const reply = lane.next(this.isBlocked ? 0 : this.credit)
    if (!reply) return false
    if (reply.type === 'rows') {
      this.credit -= reply.rows.length
      this.progressMs = this.options.now()
    }
    if (reply.type === 'end') this.lanes.delete(lane)
    this.options.replies.send(reply, () => this.schedule())
    return true
  }
}
