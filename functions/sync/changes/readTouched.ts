/** Exchange's half of the changes, in one conversation: what it changed itself, and the touched mailboxes as they are now. */
import type { EasRecord, ExchangeConfiguration, Mailbox, User } from '../../core/types.ts'
import type { Bookmarks } from '../../core/bookmarks.ts'
import type { Run } from '../../core/run.ts'
import { partitionOf } from '../../core/partition.ts'
import type { Conversation, FoundMailbox, MailboxQuery, Ports } from '../../ports.ts'
import type { StoredRow } from '../../portsStore.ts'
import { markOf, marksIn, partitionMark, type Marks } from '../loadPartition.ts'

export interface ReadTouched {
  readonly configuration: ExchangeConfiguration
  readonly mailboxes: readonly TouchedMailbox[]
}

export interface TouchedMailbox {
  readonly mailbox: Mailbox
  readonly records: readonly EasRecord[]
  /** Its rows as they are stored. */
  readonly stored: readonly StoredRow[]
  /** As of a planned change (plan.ts). */
  readonly changedAt: string
}

export interface Suspects {
  /** Mailboxes to be read whatever Exchange says, and when each changed, ISO-8601 UTC. */
  readonly mailboxes: ReadonlyMap<string, string>
  /** Users who may have a mailbox that is not known as theirs. */
  readonly users: readonly User[]
}

/** Domain controllers hear of a change some minutes late; so far the reading goes back behind the last one. */
const overlapMs = 10 * 60_000

export async function readTouched(
  { ports, run, conversation }: { readonly ports: Ports; readonly run: Run; readonly conversation: Conversation },
  bookmarks: Bookmarks,
  suspects: Suspects,
): Promise<ReadTouched> {
  const since = new Date(Date.parse(bookmarks.readAt) - overlapMs).toISOString()
  const configuration = await conversation.configuration('decisive')
  const fresh = await conversation.newRecords(since)
  const queries: MailboxQuery[] = [
    { changedSince: since },
    { guids: [...suspects.mailboxes.keys()] },
    ...suspects.users.map(({ addresses, dn }) => ({ addresses, dn })),
    ...[...new Set(fresh.map(({ mailboxDn }) => mailboxDn))].map((dn) => ({ addresses: [], dn })),
  ]
  const found = await conversation.findMailboxes(queries)
  const { stored, readAt } = await storedOf(ports, run, found)
  const known = ({ mailbox: { guid } }: FoundMailbox) => ({ rows: stored.get(guid) ?? [], readAt: readAt(guid) })
  const touched = found.filter((one) => isTouched(one, known(one), suspects, fresh))
  const records = await conversation.recordsOf(touched.map(({ mailbox }) => mailbox.guid))
  const mailboxes = touched.flatMap((one): TouchedMailbox[] => {
    const own = records.get(one.mailbox.guid)
    const changedAt = firstChange(one, known(one), suspects, fresh) ?? bookmarks.readAt
    // Gone between the two readings: the full sync finds out
    return own ? [{ mailbox: one.mailbox, records: own, stored: known(one).rows, changedAt }] : []
  })
  return { configuration, mailboxes }
}

interface KnownMailbox {
  readonly rows: readonly StoredRow[]
  /** When the reading began that they are from. */
  readonly readAt: string
}

/** What was read again within the overlap and is as stored needs no decision. */
function isTouched(
  { mailbox, changedAt }: FoundMailbox,
  { rows: stored, readAt }: KnownMailbox,
  { mailboxes, users }: Suspects,
  fresh: readonly EasRecord[],
): boolean {
  if (mailboxes.has(mailbox.guid) || (changedAt ?? '') > readAt) return true
  const isStored = (kind: StoredRow['kind'], id: string, value: unknown) =>
    stored.some((row) => row.kind === kind && row.id === id && row.data === JSON.stringify(value))
  if (!isStored('mailbox', '', mailbox)) return true
  const own = fresh.filter(({ mailboxDn }) => isSameDn(mailboxDn, mailbox.dn))
  if (own.some((record) => !isStored('record', record.guid, record))) return true
  const owners = new Set(stored.flatMap(({ kind, id }) => (kind === 'user' ? [id] : [])))
  return users.some(({ id, addresses, dn }) => {
    const isNamed = addresses.some((address) => mailbox.addresses.includes(address)) || isSameDn(dn, mailbox.dn)
    return isNamed && !owners.has(id)
  })
}

/** The first of what is known to have changed, where a time is known. */
function firstChange(
  { mailbox, changedAt }: FoundMailbox,
  { rows, readAt }: KnownMailbox,
  { mailboxes }: Suspects,
  fresh: readonly EasRecord[],
): string | undefined {
  const isNew = ({ guid, mailboxDn }: EasRecord) =>
    isSameDn(mailboxDn, mailbox.dn) && !rows.some(({ kind, id }) => kind === 'record' && id === guid)
  const times = [
    mailboxes.get(mailbox.guid),
    changedAt !== null && changedAt > readAt ? changedAt : null,
    ...fresh.filter(isNew).map(({ firstSync }) => firstSync),
  ]
  return times.flatMap((time) => time ?? []).toSorted()[0]
}

export function isSameDn(a: string | null, b: string): boolean {
  return a !== null && a.trim().toLowerCase() === b.trim().toLowerCase()
}

/** Stored rows by mailbox, and when the reading began that they are from. */
async function storedOf({ store }: Pick<Ports, 'store'>, { connectorId }: Run, found: readonly FoundMailbox[]) {
  const byPartition = new Map<number, string[]>()
  for (const { mailbox } of found) {
    const partition = partitionOf(mailbox.guid)
    byPartition.set(partition, [...(byPartition.get(partition) ?? [partitionMark]), mailbox.guid])
  }
  const stored = new Map<string, StoredRow[]>()
  const marks = new Map<number, Marks>()
  await Promise.all(
    [...byPartition].map(async ([partition, guids]) => {
      const rows = await store.rowsOf(connectorId, partition, guids)
      marks.set(partition, marksIn(rows.filter(({ kind }) => kind === 'mark')))
      for (const row of rows) {
        if (row.kind !== 'mark') stored.set(row.mailboxGuid, [...(stored.get(row.mailboxGuid) ?? []), row])
      }
    }),
  )
  const readAt = (guid: string) => {
    const known = marks.get(partitionOf(guid))
    return known ? markOf(known, guid) : ''
  }
  return { stored, readAt }
}
