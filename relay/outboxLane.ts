/** What one batch has to send, in order: rows grouped by command, outcomes grouped, the end. Pure. */
import { limits, type CommandResult, type Row } from '../protocol/messages.ts'
import type { Reply } from './signedReplies.ts'

const resultsPerMessage = 50

interface RowGroup {
  readonly kind: 'rows'
  readonly commandId: string
  readonly rows: { readonly row: Row; readonly chars: number }[]
  chars: number
}
type Item =
  | RowGroup
  | { readonly kind: 'result'; readonly result: CommandResult }
  | { readonly kind: 'end'; readonly repeated: boolean }

export class OutboxLane {
  private readonly batchId: string
  private readonly items: Item[] = []
  /** The group of each command that still takes rows. */
  private readonly open = new Map<string, RowGroup>()
  waitingRows = 0

  constructor(batchId: string) {
    this.batchId = batchId
  }

  addRow(commandId: string, row: Row, chars: number): void {
    let group = this.open.get(commandId)
    const fits = group && group.rows.length < limits.rowsPerMessage && group.chars + chars <= limits.rowsMessageChars
    if (!group || !fits) {
      group = { kind: 'rows', commandId, rows: [], chars: 0 }
      this.open.set(commandId, group)
      this.items.push(group)
    }
    group.rows.push({ row, chars })
    group.chars += chars
    this.waitingRows += 1
  }

  addResult(result: CommandResult): void {
    this.open.delete(result.commandId)
    this.items.push({ kind: 'result', result })
  }

  addEnd(repeated: boolean): void {
    this.items.push({ kind: 'end', repeated })
  }

  /** The next message, with at most `credit` rows; undefined when nothing can be sent now. */
  next(credit: number): Reply | undefined {
    const [first] = this.items
    if (!first) return undefined
    if (first.kind === 'rows') return this.takeRows(first, credit)
    if (first.kind === 'result') return { type: 'results', batchId: this.batchId, results: this.takeResults() }
    this.items.shift()
    return { type: 'end', batchId: this.batchId, repeated: first.repeated }
  }

  private takeRows(group: RowGroup, credit: number): Reply | undefined {
    if (credit <= 0) return undefined
    const taken = group.rows.splice(0, credit)
    group.chars -= taken.reduce((sum, { chars }) => sum + chars, 0)
    this.waitingRows -= taken.length
    if (group.rows.length === 0) {
      this.items.shift()
      if (this.open.get(group.commandId) === group) this.open.delete(group.commandId)
    }
    return { type: 'rows', batchId: this.batchId, commandId: group.commandId, rows: taken.map(({ row }) => row) }
  }

  private takeResults(): CommandResult[] {
    const results: CommandResult[] = []
    while (results.length < resultsPerMessage) {
      const [item] = this.items
      if (item?.kind !== 'result') break
      results.push(item.result)
      this.items.shift()
    }
    return results
  }
}
