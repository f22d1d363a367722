/** A write that an ETag guards, told apart from our own write whose answer was lost: the client then sends it again and is refused. */
import { AppError } from '../errors.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'
import type { WriteAction } from './transactions.ts'

/** `write` is unique to each write. */
export type GuardedRow = Row & { readonly write: string }

/**
 * Inserts (etag null) or replaces the row. Returns the new ETag; throws changedMeanwhile when somebody else wrote. `withInsert` is written in the
 * same transaction when the row is inserted.
 */
export async function writeGuarded(
  table: Table,
  row: GuardedRow,
  etag: string | null,
  withInsert: readonly WriteAction[] = [],
): Promise<string> {
  try {
    return await (etag === null ? table.insert(row, withInsert) : table.replace(row, etag))
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
    const stored = await table.read(row.partitionKey, row.rowKey)
    if (stored?.write === row.write) return stored.etag
    throw thrown
  }
}
