/** Runs: a row by id, guarded by its ETag, and beside it a row by time that names it, so that the newest are one range. Table runs. */
import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import type { Run } from '../core/run.ts'
import type { Store, Versioned } from '../portsStore.ts'
import { afterPrefix, escapeKey, joinKey, sortable, splitKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type ReadRow, type Row } from './row.ts'
import type { Table } from './table.ts'
import { writeGuarded, type GuardedRow } from './writeGuarded.ts'

const timePrefix = 'time|'
/** Milliseconds since 1970 have 13 digits until the year 2286. */
const timeDigits = 13
/** Point reads under way at once. */
const maxReads = 8

export function runs(table: Table): Pick<Store, 'run' | 'saveRun' | 'runs'> {
  return {
    async run(connectorId, runId) {
      const row = await table.read(escapeKey(connectorId), joinKey('run', runId))
      return row && fromRow(row)
    },
    saveRun(run, etag) {
      const row = toRow(run)
      return writeGuarded(table, row, etag, [['create', toTimeRow(run)]])
    },
    async runs(connectorId, top) {
      if (top < 1) return []
      const partition = escapeKey(connectorId)
      const keys: string[] = []
      const range = { from: timePrefix, to: afterPrefix(timePrefix), top, select: ['rowKey'] }
      for await (const rows of table.scan(partition, range)) keys.push(...rows.map((row) => runKeyOf(row.rowKey)))
      const limit = pLimit(maxReads)
      const found = await limit.map(keys.slice(0, top), (key) => table.read(partition, key))
      return found.filter((row) => row !== null).map((row) => fromRow(row).value)
    },
  }
}

function toRow(run: Run): GuardedRow {
  return {
    partitionKey: escapeKey(run.connectorId),
    rowKey: joinKey('run', run.id),
    v: schemaVersion,
    write: randomUUID(),
    ...textProperties('data', JSON.stringify(run)),
  }
}

/** Newest first: the time counts down. */
function toTimeRow(run: Run): Row {
  const time = 10 ** timeDigits - 1 - Date.parse(run.startedAt)
  const rowKey = joinKey('time', sortable(time, timeDigits), run.id)
  return { partitionKey: escapeKey(run.connectorId), rowKey, v: schemaVersion }
}

function runKeyOf(timeKey: string): string {
  return joinKey('run', splitKey(timeKey)[2] ?? '')
}

function fromRow(row: ReadRow): Versioned<Run> {
  const value: Run = JSON.parse(readText(row, 'data') ?? 'null')
  return { value, etag: row.etag }
}
