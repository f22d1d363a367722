/**
 * One record's last sync and wipe status, and the kind of its mailbox. The statistics cmdlet opens the mailbox and is slow (facts A2): only for a
 * person who asks, one record at a time.
 */
import type { DeviceStatus } from '../core/deviceStatus.ts'
import { textOf, timeOf } from './exchangeValue.ts'
import { readAll, type ReadAnswer, type ReadOptions } from './readBatch.ts'
import type { RelayChannel } from './relayChannel.ts'
import type { Row } from '../../protocol/messages.ts'

/** null: Exchange has no such record. `mailboxGuid` null: the mailbox is not known. Throws AppError exchangeFailed. */
export async function readDeviceStatus(
  channel: RelayChannel,
  dialect: 'ActiveSyncDevice' | 'MobileDevice',
  { record, mailboxGuid }: { readonly record: string; readonly mailboxGuid: string | null },
  options: ReadOptions,
): Promise<DeviceStatus | null> {
  const statistics = { cmdlet: `Get-${dialect}Statistics`, parameters: { Identity: record } }
  const recipient = mailboxGuid === null ? [] : [{ cmdlet: 'Get-Recipient', parameters: { Identity: mailboxGuid } }]
  const [device, mailbox] = await readAll(channel, [statistics, ...recipient], options)
  if (device?.result.error?.category === 'notFound') return null
  if (device?.problem) throw device.problem
  const [row] = device?.rows ?? []
  return row ? toStatus(row, kindOf(mailbox)) : null
}

const hidden: readonly (string | undefined)[] = ['cmdletHidden', 'accessDenied', 'notFound']

function kindOf(answer: ReadAnswer | undefined): string | null {
  if (answer?.problem && !hidden.includes(answer.result.error?.category)) throw answer.problem
  const [row] = answer?.rows ?? []
  return row ? textOf(row, 'RecipientTypeDetails') : null
}

function toStatus(row: Row, mailboxKind: string | null): DeviceStatus {
  const times = (prefix: string) => ({
    requested: timeOf(row, `${prefix}RequestTime`),
    sent: timeOf(row, `${prefix}SentTime`),
    acknowledged: timeOf(row, `${prefix}AckTime`),
  })
  return {
    mailboxKind,
    status: textOf(row, 'Status'),
    lastSyncAttempt: timeOf(row, 'LastSyncAttemptTime'),
    lastSuccessSync: timeOf(row, 'LastSuccessSync'),
    wipe: times('DeviceWipe'),
    accountOnlyWipe: times('AccountOnlyDeviceWipe'),
  }
}
