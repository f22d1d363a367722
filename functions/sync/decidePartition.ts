/** Decides one partition: merge, then mailbox by mailbox through the core, then write what differs. Repeatable. */
import type { DecisionContext } from '../core/decisionContext.ts'
import { decideMailbox, type MailboxFacts, type MailboxVerdict } from '../core/decideMailbox.ts'
import { changeKey, type PlannedChange } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import { tallyMailbox, type Tally } from '../core/tally.ts'
import type { EasRecord, IntuneDevice, Mailbox, OwnEntry, Owner, StoredDecision } from '../core/types.ts'
import type { Ports } from '../ports.ts'
import type { Place, RowKey, StoredRow } from '../portsStore.ts'
import { placesOf } from './changes/devicePlace.ts'
import { dueOf } from './changes/due.ts'
import { entryKey } from './entryRow.ts'
import type { LoadedPartition } from './loadPartition.ts'
import { mergePartition, type Merged, type MergedMailbox } from './mergePartition.ts'

export async function decidePartition(
  { store }: Ports,
  run: Run,
  partition: number,
  loaded: LoadedPartition,
  context: DecisionContext,
  tally: Tally,
): Promise<void> {
  const merged = mergePartition(loaded, run)
  const written = new Map(merged.upserts.map((row) => [row, row]))
  const deletes: RowKey[] = [...merged.deletes]
  const changes: { key: string; change: PlannedChange }[] = []
  const due: Place[] = []
  for (const mailbox of merged.mailboxes) {
    const rows = mailboxRows(mailbox)
    const facts = factsOf(rows, mailbox.readAtMs)
    const verdict = decideMailbox(facts, context, run)
    tallyMailbox(tally, facts, verdict)
    keepDecisions(rows, verdict, written)
    rows.records.forEach(({ record }, index) =>
      due.push(...dueOf(rows.guid, record, verdict.decisions[index], context)),
    )
    for (const entry of verdict.obsolete) deletes.push(entryKey(rows.guid, entry))
    for (const change of verdict.changes) changes.push({ key: changeKey(change, partition, 0), change })
  }
  const places = placeChanges(merged, run)
  if (changes.length > 0) await store.putChanges(run.connectorId, run.id, changes)
  // Places first: one too many leads nowhere, one too few hides a change until the next full sync
  const upserts = [...places.upserts, ...distinct(due)]
  if (upserts.length > 0) await store.writePlaces(run.connectorId, upserts, [])
  await store.writeRows(run.connectorId, partition, [...written.values()], deletes)
  if (places.deletes.length > 0) await store.writePlaces(run.connectorId, [], places.deletes)
}

/** The index follows the rows. Without bookmarks nobody has relied on it yet: it is written whole. */
function placeChanges({ mailboxes, upserts, deletes }: Merged, run: Run) {
  const isFirst = run.mode === 'everything' && run.bookmarks === null
  const isIndexed = ({ kind }: RowKey) => kind === 'user' || kind === 'device'
  const changed = new Set([...upserts, ...deletes].filter(isIndexed).map(({ mailboxGuid }) => mailboxGuid))
  const found: { upserts: Place[]; deletes: Place[] } = { upserts: [], deletes: [] }
  for (const { guid, before, rows } of mailboxes) {
    if (!isFirst && !changed.has(guid)) continue
    const [old, now] = [placesOf(before), placesOf(rows)]
    for (const [key, place] of now) if (isFirst || old.get(key)?.data !== place.data) found.upserts.push(place)
    for (const [key, place] of old) if (!now.has(key)) found.deletes.push(place)
  }
  return found
}

function distinct(due: readonly Place[]): Place[] {
  return [...new Map(due.map((place) => [`${place.id}|${place.mailboxGuid}`, place])).values()]
}

interface MailboxRows {
  readonly guid: string
  mailbox: Mailbox | null
  readonly owners: Owner[]
  readonly devices: IntuneDevice[]
  readonly entries: OwnEntry[]
  readonly recordRows: StoredRow[]
  readonly records: { record: EasRecord; previous: StoredDecision | null }[]
}

function mailboxRows({ guid, rows }: MergedMailbox): MailboxRows {
  const group: MailboxRows = { guid, mailbox: null, owners: [], devices: [], entries: [], recordRows: [], records: [] }
  for (const row of rows) addRow(group, row)
  return group
}

function addRow(group: MailboxRows, row: StoredRow): void {
  const value: unknown = JSON.parse(row.data)
  if (row.kind === 'mailbox') group.mailbox = value as Mailbox
  else if (row.kind === 'user') group.owners.push(value as Owner)
  else if (row.kind === 'device') group.devices.push(value as IntuneDevice)
  else if (row.kind === 'entry') group.entries.push(value as OwnEntry)
  else {
    group.recordRows.push(row)
    group.records.push({
      record: value as EasRecord,
      previous: row.decision === null ? null : (JSON.parse(row.decision) as StoredDecision),
    })
  }
}

function factsOf({ mailbox, owners, devices, entries, records }: MailboxRows, readAtMs: number): MailboxFacts {
  return { mailbox, candidates: owners, devices, records, entries, readAtMs }
}

/** A record's row is written when its data or its decision differs. */
function keepDecisions(
  { recordRows }: MailboxRows,
  { decisions }: MailboxVerdict,
  written: Map<StoredRow, StoredRow>,
): void {
  recordRows.forEach((row, index) => {
    const decision = JSON.stringify(decisions[index])
    if (decision !== row.decision) written.set(row, { ...row, decision })
  })
}
