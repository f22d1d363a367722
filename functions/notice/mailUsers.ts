/** Mails to the users of held records: made from the rows as they stand, and sent once each. */
import { isActivatable, noticeMail } from '../core/noticeMail.ts'
import { qrImage } from '../core/noticeTemplate.ts'
import { wantsNotice } from '../core/noticeWanted.ts'
import { partitionOf } from '../core/partition.ts'
import { resolveOwner } from '../core/resolveOwner.ts'
import type { EasRecord, Mailbox, Owner, Policy, StoredDecision } from '../core/types.ts'
import type { AppError } from '../errors.ts'
import type { StoredRow } from '../portsStore.ts'
import { activationLink } from './activationLink.ts'
import type { Notice, NoticeOptions, NoticePorts, NoticeResult } from './notice.ts'
import { sendNotices } from './sendNotices.ts'
import { withQrCode } from './withQrCode.ts'

export interface UserNotice {
  readonly mailboxGuid: string
  readonly record: string
  readonly reason: string
}

export interface UserNoticeResult {
  /** noAddress: nowhere to send it to. notHeld: the record is gone, or not kept out for that reason any more. */
  readonly state: NoticeResult['state'] | 'noAddress' | 'notHeld'
  readonly message: string | null
}

/** Results in the order of what is wanted; `problem` as sendNotices says it. Throws AppErrors of the store. */
export async function mailUsers(
  ports: NoticePorts,
  connectorId: string,
  policy: Pick<Policy, 'notificationHtml' | 'settings'>,
  wanted: readonly UserNotice[],
  options: NoticeOptions,
): Promise<{ readonly results: readonly UserNoticeResult[]; readonly problem: AppError | null }> {
  const rows = await rowsOf(ports, connectorId, wanted)
  const made: (Notice | 'noAddress' | 'notHeld')[] = []
  for (const one of wanted) made.push(await noticeOf(ports, connectorId, one, rows.get(one.mailboxGuid) ?? [], policy))
  const notices = made.filter((one) => typeof one !== 'string')
  const { results, problem } = await sendNotices(ports, connectorId, notices, options)
  const sent = new Map(notices.map((notice, index) => [notice, results[index]]))
  return {
    results: made.map((one) => {
      if (typeof one === 'string') return { state: one, message: null }
      const { state, message } = sent.get(one) ?? { state: 'notTried', message: null }
      return { state, message }
    }),
    problem,
  }
}

async function rowsOf(
  { store }: NoticePorts,
  connectorId: string,
  wanted: readonly UserNotice[],
): Promise<ReadonlyMap<string, readonly StoredRow[]>> {
  const partitions = new Map<number, Set<string>>()
  for (const { mailboxGuid } of wanted) {
    const partition = partitionOf(mailboxGuid)
    partitions.set(partition, (partitions.get(partition) ?? new Set()).add(mailboxGuid))
  }
  const found = new Map<string, StoredRow[]>()
  for (const [partition, guids] of partitions) {
    for (const row of await store.rowsOf(connectorId, partition, [...guids])) {
      found.set(row.mailboxGuid, [...(found.get(row.mailboxGuid) ?? []), row])
    }
  }
  return found
}

/** The texts are our own writing: they have the shape that sync gave them. */
async function noticeOf(
  ports: NoticePorts,
  connectorId: string,
  { mailboxGuid, record: guid, reason }: UserNotice,
  rows: readonly StoredRow[],
  policy: Pick<Policy, 'notificationHtml' | 'settings'>,
): Promise<Notice | 'noAddress' | 'notHeld'> {
  const row = rows.find(({ kind, id }) => kind === 'record' && id === guid)
  const decision: StoredDecision | null = JSON.parse(row?.decision ?? 'null')
  if (!row || !wantsNotice(decision) || decision.reason !== reason) return 'notHeld'
  const record: EasRecord = JSON.parse(row.data)
  const mailbox: Mailbox | null = JSON.parse(rows.find(({ kind }) => kind === 'mailbox')?.data ?? 'null')
  const owners = rows.filter(({ kind }) => kind === 'user').map(({ data }): Owner => JSON.parse(data))
  const owner = resolveOwner(owners)
  const known = { record, mailbox, owner, reason: decision.reason }
  const about = { connectorId, record: guid, mailboxGuid, userId: owner?.user.id ?? null, reason }
  const link = isActivatable(decision.reason) ? activationLink(ports, about) : null
  const url = link?.url ?? null
  const mail = noticeMail(policy, { ...known, activationLink: url, now: ports.clock.now() })
  if (!mail) return 'noAddress'
  const isLinked = link && (mail.html.includes(link.url) || mail.html.includes(qrImage))
  const notice = { record: guid, reason, mailboxGuid, mail: await withQrCode(mail, url) }
  return isLinked ? { ...notice, linkId: link.id } : notice
}
