/** Takes a mail of the ledger for sending: of all who try, one gets it. */
import { AppError } from '../errors.ts'
import type { LedgerMail, MailKey } from '../core/mail.ts'
import type { Versioned } from '../portsStore.ts'
import { endMail } from './endMail.ts'
import type { Asker, NoticePorts } from './notice.ts'
import { mostTries } from './retryMail.ts'

/** A claim this old was never ended: a batch lives five minutes, and its mail is answered or lost some minutes later. */
const staleMs = 20 * 60_000

/*
 * the ledger has                     | what happens
 * nothing                            | inserted as claimed; who loses the race sees the winner's
 * claimed, less than 20 min ago      | taken: somebody is sending it
 * claimed, longer ago                | becomes unknown: whoever claimed it died, before or after sending it
 * delayed, due, tries left           | claimed once more, by its ETag
 * delayed, not due or no tries left  | taken
 * dropped                            | claimed once more, by its ETag; its tries are forgotten
 * sent, refused, unknown             | taken, for ever
 */
/** Claims nothing. `before`: what stands there, and it may be claimed; `taken`: it is not to be sent now. Throws AppErrors of the store. */
export async function lookUp(
  ports: NoticePorts,
  connectorId: string,
  { record, reason }: MailKey,
  asker: Asker,
): Promise<{ readonly before: Versioned<LedgerMail> | null } | { readonly taken: LedgerMail }> {
  const before = await ports.store.ledgerMail(connectorId, { record, reason })
  const now = ports.clock.now()
  if (!before || isDue(before.value, now)) return { before }
  if (!isStale(before.value, now)) return { taken: before.value }
  return { taken: await endMail(ports, connectorId, before, nobodySaid, asker) }
}

/** Throws AppErrors of the store. */
export async function claimMail(
  ports: NoticePorts,
  connectorId: string,
  { record, reason, mailboxGuid }: MailKey & Pick<LedgerMail, 'mailboxGuid'>,
  asker: Asker,
): Promise<{ readonly claimed: Versioned<LedgerMail> } | { readonly taken: LedgerMail }> {
  const found = await lookUp(ports, connectorId, { record, reason }, asker)
  if ('taken' in found) return found
  const before = found.before?.value
  const value: LedgerMail = {
    record,
    reason,
    state: 'claimed',
    batchId: ports.newId(),
    tries: (before && before.state !== 'dropped' ? before.tries : 0) + 1,
    claimedAt: ports.clock.now().toISOString(),
    endedAt: null,
    dueAt: null,
    message: null,
    ...(mailboxGuid !== undefined && { mailboxGuid }),
  }
  try {
    return { claimed: { value, etag: await ports.store.saveLedgerMail(connectorId, value, found.before) } }
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
    const winner = await ports.store.ledgerMail(connectorId, { record, reason })
    if (winner) return { taken: winner.value }
    throw thrown
  }
}

const nobodySaid = {
  state: 'unknown',
  message: 'whoever was sending it ended before saying what became of it',
} as const

function isStale({ state, claimedAt }: LedgerMail, now: Date): boolean {
  return state === 'claimed' && now.getTime() - Date.parse(claimedAt) >= staleMs
}

function isDue({ state, tries, dueAt }: LedgerMail, now: Date): boolean {
  if (state === 'dropped') return true
  return state === 'delayed' && tries < mostTries && dueAt !== null && Date.parse(dueAt) <= now.getTime()
}
