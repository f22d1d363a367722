/** Mailboxes as the last sync left them, for whoever decides them again without a run. Reads rows, changes nothing. */
import type { MailboxFacts } from '../core/decideMailbox.ts'
import { partitionOf } from '../core/partition.ts'
import type { Store, StoredRow } from '../portsStore.ts'
import { markOf, marksIn, partitionMark } from './loadPartition.ts'
import { factsOf, mailboxRows, type MailboxRows } from './mailboxRows.ts'

export interface StoredMailbox extends MailboxRows {
  readonly facts: MailboxFacts
  /** When the reading began that its rows are from, ISO-8601 UTC; '' where that is not known. */
  readonly readAt: string
}

/** `rows`: of a partition, or of some mailboxes of it beside the partition's mark. */
export function storedMailboxes(rows: readonly StoredRow[]): StoredMailbox[] {
  const marks = marksIn(rows.filter(({ kind }) => kind === 'mark'))
  const byMailbox = new Map<string, StoredRow[]>()
  for (const row of rows) {
    if (row.kind === 'mark') continue
    const own = byMailbox.get(row.mailboxGuid)
    if (own) own.push(row)
    else byMailbox.set(row.mailboxGuid, [row])
  }
  return [...byMailbox].map(([guid, own]) => {
    const group = mailboxRows({ guid, rows: own })
    const readAt = markOf(marks, guid)
    return { ...group, readAt, facts: factsOf(group, readAt === '' ? 0 : Date.parse(readAt)) }
  })
}

export async function storedMailbox(store: Store, connectorId: string, guid: string): Promise<StoredMailbox | null> {
  const rows = await store.rowsOf(connectorId, partitionOf(guid), [partitionMark, guid])
  return storedMailboxes(rows)[0] ?? null
}

/** The mailbox that has this EAS record; `mailboxGuid` where it is known already. */
export async function mailboxOfRecord(
  store: Store,
  connectorId: string,
  record: string,
  mailboxGuid: string | null,
): Promise<StoredMailbox | null> {
  const places = mailboxGuid === null ? await store.places(connectorId, 'record', [record]) : [{ mailboxGuid }]
  for (const place of places) {
    const found = await storedMailbox(store, connectorId, place.mailboxGuid)
    if (found?.recordRows.some(({ id }) => id === record)) return found
  }
  return null
}
