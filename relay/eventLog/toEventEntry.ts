/** From a line of the log to an entry of the Windows Event Log. Pure. */
import { eventTable, type EventLevel, type EventRow, type LogFields } from './eventTable.ts'

export interface EventEntry {
  readonly id: number
  readonly level: EventLevel
  readonly text: string
}

const rows = new Map<string, EventRow>(eventTable.map((row) => [row.event, row]))

/** Undefined for a line that no administrator needs to see there, and for one that is no JSON object. */
export function toEventEntry(line: string): EventEntry | undefined {
  // Most lines end here: only those of the table are worth parsing.
  const row = rows.get(/"event":"([^"]+)"/.exec(line)?.[1] ?? '')
  const fields = row && parse(line)
  if (!row || !fields || fields['event'] !== row.event || row.when?.(fields) === false) return undefined
  const remedy = row.remedy === undefined ? [] : [`What to do: ${row.remedy}`]
  const text = [row.what(fields), ...remedy, `In the log: ${row.event}, ${timeOf(fields)}.`].join('\r\n\r\n')
  return { id: row.id, level: row.level, text }
}

function parse(line: string): LogFields | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as LogFields) : undefined
  } catch {
    return undefined
  }
}

function timeOf({ time }: LogFields): string {
  return typeof time === 'string' && /^[\dTZ:.-]+$/.test(time) ? time : 'at the time of this entry'
}
