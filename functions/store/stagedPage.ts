/** Writes one page of staged lines. Writing the page again leaves nothing of the earlier writing, whatever was cut off in between. */
import { AppError } from '../errors.ts'
import { partitionDigits, sortable } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type Row } from './row.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import { groupActions, type Action } from './transactions.ts'

/** Sorts after the rows of all partitions, whose keys start with digits. */
export const pagePrefix = 'page|'

/** UTF-16 units of a chunk: 400 KB of the 1 MiB that a row may have. A longer line is a chunk of its own. */
const chunkUnits = 200_000

/*
 * the page is | what is written
 * new         | its page row and its rows: usually one transaction
 * known       | the page row naming old and new rows, the new rows; then the old rows are deleted, then the page row naming the new
 * So the page row always names every row of its page that exists.
 */
export async function stagePage(
  table: Table,
  stage: string,
  page: number,
  lines: ReadonlyMap<number, readonly string[]>,
): Promise<void> {
  const rows = toRows(stage, page, lines)
  const rowKeys = rows.map((row) => row.rowKey)
  const pageRow = toPageRow(stage, page, rowKeys)
  const [first = [], ...rest] = groupActions(table.name, [['create', pageRow], ...upserts(rows)])
  try {
    await table.submit(first)
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
    return rewrite(table, pageRow, rows)
  }
  await submitPhases(table, rest.flat())
}

async function rewrite(table: Table, pageRow: Row, rows: readonly Row[]): Promise<void> {
  const { partitionKey: stage, rowKey } = pageRow
  const written = await table.read(stage, rowKey)
  const fresh = new Set(rows.map((row) => row.rowKey))
  const stale = splitNames((written && readText(written, 'rows')) ?? '').filter((key) => !fresh.has(key))
  await table.upsert({ ...pageRow, ...textProperties('rows', [...fresh, ...stale].join('\n')) })
  const deletes = stale.map((key): Action => ['delete', { partitionKey: stage, rowKey: key }])
  await submitPhases(table, upserts(rows), deletes)
  if (stale.length > 0) await table.upsert(pageRow)
}

function upserts(rows: readonly Row[]): Action[] {
  return rows.map((row) => ['upsert', row, 'Replace'])
}

function toPageRow(stage: string, page: number, rowKeys: readonly string[]): Row {
  const rowKey = `${pagePrefix}${sortable(page, 8)}`
  return { partitionKey: stage, rowKey, v: schemaVersion, ...textProperties('rows', rowKeys.join('\n')) }
}

function splitNames(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}

function toRows(stage: string, page: number, lines: ReadonlyMap<number, readonly string[]>): Row[] {
  const rows: Row[] = []
  for (const [partition, ofPartition] of lines) {
    const prefix = `${partitionDigits(partition)}|${sortable(page, 8)}|`
    for (const [index, text] of toChunks(ofPartition).entries()) {
      const rowKey = `${prefix}${sortable(index, 4)}`
      rows.push({ partitionKey: stage, rowKey, v: schemaVersion, ...textProperties('lines', text) })
    }
  }
  return rows
}

/** Whole lines, joined by newlines. */
function toChunks(lines: readonly string[]): string[] {
  const chunks: string[] = []
  let from = 0
  let units = 0
  for (const [index, line] of lines.entries()) {
    if (line.includes('\n'))
      throw new AppError('internal', `a line to be staged has a newline in it: ${line.length} characters`)
    if (index > from && units + line.length > chunkUnits) {
      chunks.push(lines.slice(from, index).join('\n'))
      from = index
      units = 0
    }
    units += line.length + 1
  }
  if (from < lines.length) chunks.push(lines.slice(from).join('\n'))
  return chunks
}
