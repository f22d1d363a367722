/** Decides one partition: merge, then mailbox by mailbox through the core, then write what differs. Repeatable. */
import type { DecisionContext } from '../core/decisionContext.ts'
import { decideMailbox, type MailboxFacts, type MailboxVerdict } from '../core/decideMailbox.ts'
import { changeKey, type PlannedChange } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import { tallyMailbox, type Tally } from '../core/tally.ts'
import type { EasRecord, IntuneDevice, Mailbox, OwnEntry, Owner, StoredDecision } from '../core/types.ts'
import type { Ports, RowKey, StoredRow } from '../ports.ts'
import { entryKey } from './entryRow.ts'
import type { LoadedPartition } from './loadPartition.ts'
import { mergePartition } from './mergePartition.ts'

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
  for (const rows of byMailbox(merged.rows)) {
    const facts = factsOf(rows, loaded.readAtMs)
    const verdict = decideMailbox(facts, context, run)
    tallyMailbox(tally, facts, verdict)
    keepDecisions(rows, verdict, written)
    for (const entry of verdict.obsolete) deletes.push(entryKey(rows.guid, entry))
    for (const change of verdict.changes) changes.push({ key: changeKey(change, partition, 0), change })
  }
  if (changes.length > 0) await store.putChanges(run.connectorId, run.id, changes)
  await store.writeRows(run.connectorId, partition, [...written.values()], deletes)
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

function byMailbox(rows: readonly StoredRow[]): Iterable<MailboxRows> {
  const found = new Map<string, MailboxRows>()
  for (const row of rows) {
    let group = found.get(row.mailboxGuid)
    if (!group) {
      group = {
        guid: row.mailboxGuid,
        mailbox: null,
        owners: [],
        devices: [],
        entries: [],
        recordRows: [],
        records: [],
      }
      found.set(row.mailboxGuid, group)
    }
    addRow(group, row)
  }
  return found.values()
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
