/** Reads mailboxes of a table partition: some by their keys, or all of it, whichever costs less. Table records. */
import { AppError } from '../errors.ts'
import { afterPrefix, splitKey } from './keys.ts'
import { headKey, isWhole, toHeld, type HeldMailbox } from './mailboxRow.ts'
import type { ReadRow } from './row.ts'
import type { Table } from './table.ts'

/** Reads under way at once. */
const maxReads = 16
/** So many mailboxes are read one by one; for more, their whole partition is. */
const mostSingly = 100
/** Of the first few, so many may need a reading of their range. */
const mostRanges = 2
/** Readings in a row that may come between two parts of a writing. */
const maxTries = 20

export async function readSome(
  table: Table,
  key: string,
  guids: readonly string[],
): Promise<ReadonlyMap<string, HeldMailbox>> {
  if (guids.length > mostSingly) return readPartition(table, key)
  const found = new Map<string, HeldMailbox>()
  for (let at = 0; at < guids.length;) {
    // The first few tell whether they are all new
    const some = guids.slice(at, at + (at === 0 ? mostRanges + 1 : maxReads))
    at += some.length
    const held = await Promise.all(some.map((guid) => readHead(table, key, guid)))
    const others = some.filter((_, index) => !held[index])
    // New mailboxes, or rows of an older layout: one reading of all is cheaper than one of each
    if (others.length > mostRanges) return readPartition(table, key)
    const ranges = await Promise.all(others.map((guid) => readMailbox(table, key, guid)))
    for (const one of [...held, ...ranges]) if (one) found.set(one.mailboxGuid, one)
  }
  return found
}

/** null: one row does not say it all. */
async function readHead(table: Table, key: string, guid: string): Promise<HeldMailbox | null> {
  const head = await table.read(key, headKey(guid))
  return head && isWhole(head) ? toHeld(guid, [head]) : null
}

/** By its range; parts of two writings are read again. */
async function readMailbox(table: Table, key: string, guid: string): Promise<HeldMailbox> {
  for (let tried = 1; tried <= maxTries; tried += 1) {
    const held = await readRange(table, key, guid)
    if (held) return held
  }
  throw new AppError('storeFailed', `mailbox ${guid} of partition ${key} in table ${table.name} is not whole`)
}

async function readRange(table: Table, key: string, guid: string): Promise<HeldMailbox | null> {
  const prefix = headKey(guid)
  const found: ReadRow[] = []
  for await (const rows of table.scan(key, { from: prefix, to: afterPrefix(prefix) })) found.push(...rows)
  return toHeld(guid, found)
}

export async function readPartition(table: Table, key: string): Promise<ReadonlyMap<string, HeldMailbox>> {
  const found = new Map<string, ReadRow[]>()
  for await (const rows of table.scan(key)) {
    for (const row of rows) {
      const [guid = ''] = splitKey(row.rowKey)
      const own = found.get(guid)
      if (own) own.push(row)
      else found.set(guid, [row])
    }
  }
  const held = new Map<string, HeldMailbox>()
  for (const [guid, rows] of found) held.set(guid, toHeld(guid, rows) ?? (await readMailbox(table, key, guid)))
  return held
}
