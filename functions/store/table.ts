/** One table: point reads, writes, transactions and scans of one partition, with errors as AppErrors. Made at first use. */
import { odata, type TableClient } from '@azure/data-tables'
import type { LimitFunction } from 'p-limit'
import { AppError } from '../errors.ts'
import { countSpent, type TableSpent } from './countedStore.ts'
import { checkVersion, measureRow, type ReadRow, type Row } from './row.ts'
import { codeOf, isMissingRow, toAppError } from './storageError.ts'
import type { Action, WriteAction } from './transactions.ts'

/** Azure's largest page; Azurite would give more. */
const pageRows = 1000

/** Which rows of a partition: keys from `from` (inclusive), above `after`, below `to`. */
interface ScanOptions {
  readonly from?: string
  readonly after?: string
  readonly to?: string
  /** Properties to read; all without it. */
  readonly select?: readonly string[]
  /** Stop after about so many rows. */
  readonly top?: number
}

export interface Table {
  readonly name: string
  /** null: there is no such row. */
  read(partitionKey: string, rowKey: string): Promise<ReadRow | null>
  /** Returns the new ETag. Throws changedMeanwhile when the row is there. `others`: in the same transaction. */
  insert(row: Row, others?: readonly WriteAction[]): Promise<string>
  /** Returns the new ETag. Throws changedMeanwhile when the ETag does not fit. */
  replace(row: Row, etag: string): Promise<string>
  upsert(row: Row): Promise<void>
  /** Throws changedMeanwhile when the ETag does not fit; a row that is gone is fine. */
  remove(partitionKey: string, rowKey: string, etag: string): Promise<void>
  /** One transaction; returns the ETags in order. The caller keeps to its limits (groupActions). */
  submit(actions: readonly Action[]): Promise<readonly string[]>
  /** Pages of rows of one partition in key order; a page may be short, never empty. */
  scan(partitionKey: string, options?: ScanOptions): AsyncIterable<readonly ReadRow[]>
}

/** `limit` bounds the transactions that are under way at once, over all tables of a store; `spent` is what they all count. */
export function openTable(client: TableClient, limit: LimitFunction, spent: TableSpent): Table {
  const name = client.tableName
  const made = onceMade(client)

  async function attempt<T>(doing: string, use: () => Promise<T>): Promise<T> {
    try {
      await made.ready()
      return await use()
    } catch (thrown) {
      if (codeOf(thrown) === 'TableNotFound') made.forget()
      throw toAppError(`${doing} table ${name}`, thrown)
    }
  }

  /**
   * A transaction of its own; returns the first row's ETag. Not a single write: in those Azurite 3.37 breaks characters outside ASCII that
   * fall on the border of two pieces of the body.
   */
  async function writeFirst(actions: readonly WriteAction[]): Promise<string> {
    for (const [, row] of actions) measureRow(name, row)
    const [etag] = await table.submit(actions)
    if (etag) return etag
    throw new AppError('internal', `table ${name} answered a write without an ETag`)
  }

  const table: Table = {
    name,
    read: (partitionKey, rowKey) =>
      attempt(`read row ${rowKey} of partition ${partitionKey} in`, () => readRow(client, partitionKey, rowKey)),
    insert: (row, others = []) => writeFirst([['create', row], ...others]),
    replace: (row, etag) => writeFirst([['update', row, 'Replace', { etag }]]),
    async upsert(row) {
      await writeFirst([['upsert', row, 'Replace']])
    },
    remove: (partitionKey, rowKey, etag) =>
      limit(attempt, `delete row ${rowKey} of partition ${partitionKey} in`, () =>
        removeRow(client, partitionKey, rowKey, etag),
      ),
    submit: (actions) =>
      limit(attempt, `write ${named(actions)} to`, async () => {
        // The request is one operation already
        countSpent(spent, { requests: 0, operations: actions.length - 1 })
        const { subResponses } = await client.submitTransaction([...actions])
        return subResponses.map((response) => response.etag ?? '')
      }),
    async *scan(partitionKey, options = {}) {
      const pages = listPages(client, partitionKey, options)
      const doing = `read rows of partition ${partitionKey} in`
      for (let rows = 0; options.top === undefined || rows < options.top;) {
        const page = await attempt(doing, () => pages.next())
        if (page.done === true) return
        if (page.value.length === 0) continue
        if (options.select === undefined) for (const row of page.value) checkVersion(name, row)
        rows += page.value.length
        yield page.value
      }
    },
  }
  return table
}

/** Creates the table once; after a failure, and when it turns out to be gone, the next call tries again. */
function onceMade(client: TableClient): { ready(): Promise<void>; forget(): void } {
  let made: Promise<void> | null = null
  const forget = () => {
    made = null
  }
  return {
    forget,
    ready() {
      made ??= client.createTable().catch((thrown: unknown) => {
        forget()
        throw thrown
      })
      return made
    },
  }
}

async function readRow(client: TableClient, partitionKey: string, rowKey: string): Promise<ReadRow | null> {
  try {
    const row = await client.getEntity<ReadRow>(partitionKey, rowKey)
    checkVersion(client.tableName, row)
    return row
  } catch (thrown) {
    if (isMissingRow(thrown)) return null
    throw thrown
  }
}

async function removeRow(client: TableClient, partitionKey: string, rowKey: string, etag: string): Promise<void> {
  try {
    await client.deleteEntity(partitionKey, rowKey, { etag })
  } catch (thrown) {
    if (!isMissingRow(thrown)) throw thrown
  }
}

/** Page by page; the service may end a page anywhere, even before its first row, and give a token to go on. */
function listPages(client: TableClient, partitionKey: string, options: ScanOptions): AsyncIterator<ReadRow[]> {
  const { from, after, to, select, top = pageRows } = options
  const parts = [odata`PartitionKey eq ${partitionKey}`]
  if (from !== undefined) parts.push(odata`RowKey ge ${from}`)
  if (after !== undefined) parts.push(odata`RowKey gt ${after}`)
  if (to !== undefined) parts.push(odata`RowKey lt ${to}`)
  const queryOptions = { filter: parts.join(' and '), ...(select && { select: [...select] }) }
  return client.listEntities<ReadRow>({ queryOptions }).byPage({ maxPageSize: Math.min(top, pageRows) })
}

function named(actions: readonly Action[]): string {
  const [first] = actions
  if (!first) return 'nothing'
  const { partitionKey, rowKey } = first[1]
  return actions.length === 1
    ? `row ${rowKey} of partition ${partitionKey}`
    : `${actions.length} rows from ${rowKey} on of partition ${partitionKey}`
}
