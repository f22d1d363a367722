/** A mailbox's stored rows as what the core decides by. Pure. */
import type { Activation } from '../core/activation.ts'
import type { MailboxFacts } from '../core/decideMailbox.ts'
import type { OwnAssignment } from '../core/planAssignment.ts'
import type { Pin } from '../core/pin.ts'
import type { EasRecord, IntuneDevice, Mailbox, OwnEntry, Owner, StoredDecision } from '../core/types.ts'
import type { StoredRow } from '../portsStore.ts'

export interface MailboxRows {
  readonly guid: string
  mailbox: Mailbox | null
  readonly owners: Owner[]
  readonly devices: IntuneDevice[]
  readonly entries: OwnEntry[]
  assignment: OwnAssignment | null
  readonly pins: Pin[]
  readonly activations: Activation[]
  readonly recordRows: StoredRow[]
  readonly records: { record: EasRecord; previous: StoredDecision | null }[]
}

/** `rows`: of this mailbox, without marks. The texts are our own writing: they have the shape that sync gave them. */
export function mailboxRows({
  guid,
  rows,
}: {
  readonly guid: string
  readonly rows: readonly StoredRow[]
}): MailboxRows {
  const group: MailboxRows = {
    guid,
    mailbox: null,
    owners: [],
    devices: [],
    entries: [],
    assignment: null,
    pins: [],
    activations: [],
    recordRows: [],
    records: [],
  }
  for (const row of rows) addRow(group, row)
  return group
}

/** `readAtMs`: when the reading of the lists began, Unix milliseconds. */
export function factsOf(
  { mailbox, owners, devices, entries, assignment, pins, activations, records }: MailboxRows,
  readAtMs: number,
): MailboxFacts {
  return { mailbox, candidates: owners, devices, records, entries, assignment, pins, activations, readAtMs }
}

function addRow(group: MailboxRows, row: StoredRow): void {
  const value: unknown = JSON.parse(row.data)
  if (row.kind === 'mailbox') group.mailbox = value as Mailbox
  else if (row.kind === 'user') group.owners.push(value as Owner)
  else if (row.kind === 'device') group.devices.push(value as IntuneDevice)
  else if (row.kind === 'entry') group.entries.push(value as OwnEntry)
  else if (row.kind === 'assignment') group.assignment = value as OwnAssignment
  else if (row.kind === 'pin') group.pins.push(value as Pin)
  else if (row.kind === 'activation') group.activations.push(value as Activation)
  else if (row.kind === 'record') {
    group.recordRows.push(row)
    group.records.push({
      record: value as EasRecord,
      previous: row.decision === null ? null : (JSON.parse(row.decision) as StoredDecision),
    })
  }
}
