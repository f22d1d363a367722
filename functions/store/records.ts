/** The last known mailboxes, each one table row with its users, devices, entries, EAS records and pins; a table partition for each partition of mailboxes. Table records. */
import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { RowKey, Store, StoredRow } from '../portsStore.ts'
import { joinKey, partitionDigits } from './keys.ts'
import { toTableRows, type HeldMailbox } from './mailboxRow.ts'
import { keyInMailbox } from './mailboxText.ts'
import { readPartition, readSome } from './readMailboxes.ts'
import type { Row } from './row.ts'
import { settleAll, submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import { groupActions, type Action } from './transactions.ts'

/** Partitions whose last reading is kept for the writing that follows it. */
const mostRemembered = 4
/** Tries that may lose against other writers in a row. */
const maxLosses = 20

export function records(table: Table): Pick<Store, 'rows' | 'rowsOf' | 'writeRows'> {
  const keyOf = (connectorId: string, partition: number) => joinKey(connectorId, partitionDigits(partition))
  const lastRead = new Map<string, LastRead>()
  const remember = (key: string, held: LastRead['held'], isWhole: boolean) => {
    lastRead.delete(key)
    lastRead.set(key, { held, isWhole })
    const [oldest = ''] = lastRead.keys()
    if (lastRead.size > mostRemembered) lastRead.delete(oldest)
    return held
  }
  return {
    async rows(connectorId, partition) {
      const key = keyOf(connectorId, partition)
      const held = remember(key, await readPartition(table, key), true)
      return [...held.values()].flatMap(({ rows }) => [...rows.values()])
    },
    async rowsOf(connectorId, partition, mailboxGuids) {
      const guids = [...new Set(mailboxGuids)].toSorted()
      const key = keyOf(connectorId, partition)
      const held = remember(key, await readSome(table, key, guids), false)
      return guids.flatMap((guid) => [...(held.get(guid)?.rows.values() ?? [])])
    },
    async writeRows(connectorId, partition, upserts, deletes) {
      const key = keyOf(connectorId, partition)
      let edits = byMailbox(upserts, deletes)
      const known = lastRead.get(key)
      lastRead.delete(key)
      if (known) {
        const open = await writeKnown(table, key, edits, known)
        edits = new Map([...edits].filter(([guid]) => open.has(guid)))
      }
      for (let losses = 0; edits.size > 0; losses += 1) {
        const lost = await writeMailboxes(table, key, edits, losses < maxLosses)
        edits = new Map([...edits].filter(([guid]) => lost.has(guid)))
      }
    },
  }
}

interface LastRead {
  readonly held: ReadonlyMap<string, HeldMailbox>
  /** Of the whole partition: what is not in it is not there. */
  readonly isWhole: boolean
}

/** What becomes of a mailbox's rows, by keyInMailbox; null: deleted. */
type Edits = ReadonlyMap<string, StoredRow | null>

function byMailbox(upserts: readonly StoredRow[], deletes: readonly RowKey[]): Map<string, Edits> {
  const edits = new Map<string, Map<string, StoredRow | null>>()
  const add = (row: RowKey, to: StoredRow | null) => {
    const key = keyInMailbox(row)
    const own = edits.get(row.mailboxGuid) ?? new Map<string, StoredRow | null>()
    edits.set(row.mailboxGuid, own)
    if (own.has(key))
      throw new AppError('internal', `row ${key} of mailbox ${row.mailboxGuid} comes twice in one write`)
    own.set(key, to)
  }
  for (const row of upserts) add(row, row)
  for (const row of deletes) add(row, null)
  return edits
}

interface Writing {
  readonly mailboxGuid: string
  readonly head: Row
  readonly parts: readonly Row[]
  readonly etag: string | null
  readonly stale: readonly string[]
  /** Nothing of the mailbox is left: its row goes, once all others of it are gone. */
  readonly isEmpty: boolean
}

/**
 * What was read a moment ago is written without being read again: the ETags tell whether it is still so. Returns the mailboxes that are to be read:
 * somebody else wrote them first, or they seem to be as wanted, which only a reading of now can tell. Where the whole partition was read, as every
 * full sync does, what an older layout or a cut-off writing left in it is put in order as well.
 */
async function writeKnown(
  table: Table,
  key: string,
  edits: ReadonlyMap<string, Edits>,
  { held, isWhole }: LastRead,
): Promise<ReadonlySet<string>> {
  const writings = [...edits].flatMap(([guid, own]) => {
    // Without a row of its own it may have some of an older layout, which only a reading shows
    const known = held.get(guid) ?? (isWhole ? nothingOf(guid) : null)
    return known ? toWriting(key, known, own) : []
  })
  const taken = new Set(writings.map(({ mailboxGuid }) => mailboxGuid))
  const untidy = isWhole ? [...held.values()].filter((one) => one.isUntidy && !taken.has(one.mailboxGuid)) : []
  writings.push(...untidy.map((one) => rewriting(key, one, one.rows)))
  const lost = await submitWritings(table, key, writings, true)
  const written = new Set(writings.flatMap(({ mailboxGuid }) => (lost.has(mailboxGuid) ? [] : [mailboxGuid])))
  return new Set([...edits.keys()].filter((guid) => !written.has(guid)))
}

/**
 * Reads them, and writes those that the edits change: each from its state before to its state after at once. Returns the mailboxes that somebody else
 * wrote first; throws for them where `mayLose` is false.
 */
async function writeMailboxes(
  table: Table,
  key: string,
  edits: ReadonlyMap<string, Edits>,
  mayLose: boolean,
): Promise<ReadonlySet<string>> {
  const held = await readSome(table, key, [...edits.keys()])
  const writings = [...edits].flatMap(([guid, own]) => toWriting(key, held.get(guid) ?? nothingOf(guid), own))
  return submitWritings(table, key, writings, mayLose)
}

async function submitWritings(
  table: Table,
  key: string,
  writings: readonly Writing[],
  mayLose: boolean,
): Promise<ReadonlySet<string>> {
  await submitPhases(
    table,
    writings.flatMap(({ parts }) => parts.map((row): Action => ['upsert', row, 'Replace'])),
  )
  const lost = new Set<string>()
  const emptied: { readonly rowKey: string; readonly etag: string }[] = []
  const groups = groupActions(table.name, writings.map(headAction))
  await settleAll(
    groups.map(async (group, index) => {
      const first = groups.slice(0, index).reduce((sum, before) => sum + before.length, 0)
      const own = writings.slice(first, first + group.length)
      try {
        const etags = await table.submit(group)
        own.forEach(({ head, isEmpty }, at) => {
          if (isEmpty) emptied.push({ rowKey: head.rowKey, etag: etags[at] ?? '' })
        })
      } catch (thrown) {
        const isLost = thrown instanceof AppError && ['changedMeanwhile', 'notFound'].includes(thrown.code) && mayLose
        if (!isLost) throw thrown
        for (const { mailboxGuid } of own) lost.add(mailboxGuid)
      }
    }),
  )
  // What the new row does not name counts no more; left behind, it does no harm. Of those that seem lost nothing goes: it may be our own first try that won
  const useless = writings.flatMap(({ mailboxGuid, stale }) => (lost.has(mailboxGuid) ? [] : stale))
  const deletes = useless.map((rowKey): Action => ['delete', { partitionKey: key, rowKey }])
  await submitPhases(table, deletes)
  // Last: without it, rows of an older layout would count again
  await settleAll(emptied.map((row) => removeEmpty(table, key, row)))
  return lost
}

/** Somebody who wrote it meanwhile has put the mailbox there again. */
async function removeEmpty(
  table: Table,
  key: string,
  { rowKey, etag }: { readonly rowKey: string; readonly etag: string },
): Promise<void> {
  try {
    await table.remove(key, rowKey, etag)
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
  }
}

function headAction({ head, etag }: Writing): Action {
  return etag === null ? ['create', head] : ['update', head, 'Replace', { etag }]
}

function toWriting(key: string, held: HeldMailbox, edits: Edits): Writing[] {
  const after = new Map(held.rows)
  let isOther = false
  for (const [name, row] of edits) {
    const before = after.get(name)
    if (row === null) isOther = after.delete(name) || isOther
    else {
      isOther ||= before?.data !== row.data || before.decision !== row.decision
      after.set(name, row)
    }
  }
  return isOther ? [rewriting(key, held, after)] : []
}

function rewriting(key: string, { mailboxGuid, etag, stale }: HeldMailbox, rows: HeldMailbox['rows']): Writing {
  const written = toTableRows(key, mailboxGuid, rows.values(), randomUUID())
  return { mailboxGuid, etag, stale, isEmpty: rows.size === 0, ...written }
}

function nothingOf(mailboxGuid: string): HeldMailbox {
  return { mailboxGuid, rows: new Map(), etag: null, stale: [], isUntidy: false }
}
