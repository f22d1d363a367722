/** Lets a few entries a minute of each id through and counts the others, so that a storm fills neither the Event Log nor a mailbox. Pure. */
import type { EventEntry } from './toEventEntry.ts'

export const limitWindowMs = 60_000
const mostPerWindow = 3

interface Window {
  readonly startMs: number
  passed: number
  held: number
  last: EventEntry
}

/*
 * of one id, within a minute of its first    | what becomes of it
 * the first three                            | passed at once
 * the others                                 | counted; when the minute is over, the last of them with their number
 */
export class EntryLimit {
  private readonly windows = new Map<number, Window>()

  /** What is to be written now because of this entry: it, and what its earlier minute has held back. */
  take(entry: EventEntry, nowMs: number): EventEntry[] {
    const due = this.due(nowMs)
    const window = this.windows.get(entry.id)
    if (!window) {
      this.windows.set(entry.id, { startMs: nowMs, passed: 1, held: 0, last: entry })
      return [...due, entry]
    }
    if (window.passed < mostPerWindow) {
      window.passed += 1
      return [...due, entry]
    }
    window.held += 1
    window.last = entry
    return due
  }

  /** What minutes that are over have held back. */
  due(nowMs: number): EventEntry[] {
    const ended = [...this.windows].filter(([, { startMs }]) => nowMs - startMs >= limitWindowMs || nowMs < startMs)
    for (const [id] of ended) this.windows.delete(id)
    return ended.flatMap(([, window]) => summary(window))
  }

  /** All that is held back, for the end of the program. */
  rest(): EventEntry[] {
    const left = [...this.windows.values()].flatMap(summary)
    this.windows.clear()
    return left
  }

  /** When the next minute ends that holds something back; undefined if none does. */
  nextDueMs(): number | undefined {
    const starts = [...this.windows.values()].filter(({ held }) => held > 0).map(({ startMs }) => startMs)
    return starts.length === 0 ? undefined : Math.min(...starts) + limitWindowMs
  }
}

function summary({ held, last, startMs }: Window): EventEntry[] {
  if (held === 0) return []
  const since = new Date(startMs).toISOString()
  const count = `${held} more of these since ${since}; this is the last of them.`
  return [{ ...last, text: `${last.text}\r\n\r\n${count}` }]
}
