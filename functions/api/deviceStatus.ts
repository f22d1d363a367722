/** GET easgate/connectors/{id}/devices/{recordGuid}/status: asks Exchange now for last sync, wipe status and the kind of mailbox. */
import { AppError } from '../errors.ts'
import type { Answer, Call } from './call.ts'
import { deviceInPath } from './deviceInPath.ts'

/** Slow: Exchange opens the mailbox for it. Throws AppError notFound, and what keeps a conversation from being opened. */
export async function getDeviceStatus(call: Call): Promise<Answer> {
  const { connectorId, record, mailbox } = await deviceInPath(call)
  const mailboxGuid = mailbox.mailbox?.guid ?? null
  const status = await call.ports.exchange.converse(connectorId, (conversation) =>
    conversation.deviceStatus({ record, mailboxGuid }),
  )
  if (!status) throw new AppError('notFound', `Exchange has no EAS record ${record} any more; the next sync sees it`)
  return { status: 200, body: { record, ...status } }
}
