/** The EAS record that a path names, with its mailbox as it is stored. */
import { AppError } from '../errors.ts'
import { mailboxOfRecord, type StoredMailbox } from '../sync/storedMailboxes.ts'
import { connectorInPath, type Call } from './call.ts'

export interface FoundDevice {
  readonly connectorId: string
  /** Guid of the EAS record. */
  readonly record: string
  readonly mailbox: StoredMailbox
}

/** `?mailbox=GUID`: the record must be of that mailbox. Throws AppError notFound. */
export async function deviceInPath(call: Call): Promise<FoundDevice> {
  const connectorId = connectorInPath(call)
  const record = (call.request.params['recordGuid'] ?? '').toLowerCase()
  const guid = call.request.query.get('mailbox')?.toLowerCase() ?? null
  const mailbox = await mailboxOfRecord(call.ports.store, connectorId, record, guid)
  if (mailbox) return { connectorId, record, mailbox }
  const where =
    guid === null ? `connector ${connectorId}` : `mailbox "${guid.slice(0, 64)}" of connector ${connectorId}`
  throw new AppError('notFound', `${where} has no EAS record "${record.slice(0, 64)}"; GET devices lists them`)
}
