/** The digest of newly held records, one mail to each administrator. */
import { digestMail, type DigestLine } from '../core/digestMail.ts'
import { reasonTexts } from '../core/noticeMail.ts'
import { partitionOf } from '../core/partition.ts'
import type { PlannedNotice } from '../core/plan.ts'
import { resolveOwner } from '../core/resolveOwner.ts'
import type { EasRecord, Mailbox, Owner } from '../core/types.ts'
import type { StoredRow } from '../portsStore.ts'
import type { NoticeOptions, NoticePorts, NoticeReport } from './notice.ts'
import { sendNotices } from './sendNotices.ts'

export interface Digest {
  readonly held: readonly PlannedNotice[]
  /** Held beside those, not read. */
  readonly more: number
  /** A name in the ledger for each recipient, which is not the address. */
  readonly recipients: readonly { readonly key: string; readonly address: string }[]
  /** Its hour (`2026-11-21T08`): one digest in it for each recipient. */
  readonly hour: string
}

/** Throws AppErrors of the store. */
export async function mailDigest(
  ports: NoticePorts,
  connectorId: string,
  { held, more, recipients, hour }: Digest,
  options: NoticeOptions,
): Promise<NoticeReport> {
  const lines = await linesOf(ports, connectorId, held)
  const mail = digestMail(connectorId, lines, more)
  const notices = recipients.map(({ key, address }) => ({
    record: 'digest',
    reason: `${hour} ${key}`,
    mail: { to: address, ...mail },
  }))
  return sendNotices(ports, connectorId, notices, { ...options, isOnce: true })
}

/** One line for each record, by its rows as they are now. */
async function linesOf(
  { store }: NoticePorts,
  connectorId: string,
  held: readonly PlannedNotice[],
): Promise<DigestLine[]> {
  const partitions = new Map<number, PlannedNotice[]>()
  for (const one of held) {
    const partition = partitionOf(one.mailboxGuid)
    partitions.set(partition, [...(partitions.get(partition) ?? []), one])
  }
  const lines: DigestLine[] = []
  for (const [partition, own] of partitions) {
    const rows = await store.rowsOf(connectorId, partition, [...new Set(own.map(({ mailboxGuid }) => mailboxGuid))])
    for (const one of own)
      lines.push(
        lineOf(
          one,
          rows.filter(({ mailboxGuid }) => mailboxGuid === one.mailboxGuid),
        ),
      )
  }
  return lines.toSorted((a, b) => (a.user < b.user ? -1 : 1))
}

/** The texts are our own writing: they have the shape that sync gave them. */
function lineOf({ record: guid, reason }: PlannedNotice, rows: readonly StoredRow[]): DigestLine {
  const record: EasRecord | null = JSON.parse(
    rows.find(({ kind, id }) => kind === 'record' && id === guid)?.data ?? 'null',
  )
  const mailbox: Mailbox | null = JSON.parse(rows.find(({ kind }) => kind === 'mailbox')?.data ?? 'null')
  const owners = rows.filter(({ kind }) => kind === 'user').map(({ data }): Owner => JSON.parse(data))
  return {
    user: resolveOwner(owners)?.user.displayName ?? mailbox?.displayName ?? mailbox?.name ?? '',
    deviceType: record?.deviceType ?? '',
    deviceModel: record?.deviceModel ?? '',
    reason: reasonTexts[reason],
  }
}
