/** Mails that are not sent now: kept in the ledger until they are due, or let go. */
import { AppError } from '../errors.ts'
import type { LedgerMail, MailKey } from '../core/mail.ts'
import type { Store, Versioned } from '../portsStore.ts'
import type { UserNotice } from './mailUsers.ts'

type StorePort = { readonly store: Pick<Store, 'ledgerMail' | 'saveLedgerMail'> }

/** Puts a mail that nobody has tried into the ledger; one that is there already stays. Throws AppErrors of the store. */
export async function keepForLater(
  { store }: StorePort,
  connectorId: string,
  { record, reason, mailboxGuid }: UserNotice,
  { now, dueAt }: { readonly now: Date; readonly dueAt: Date },
): Promise<void> {
  const mail: LedgerMail = {
    record,
    reason,
    state: 'delayed',
    batchId: '',
    tries: 0,
    claimedAt: now.toISOString(),
    endedAt: null,
    dueAt: dueAt.toISOString(),
    message: 'not tried yet',
    mailboxGuid,
  }
  await save({ store }, connectorId, mail, null)
}

/** A mail of the ledger that is due: later, or (null) not any more. Somebody who has claimed it in the meantime has it. */
export async function moveDue(
  ports: StorePort,
  connectorId: string,
  before: Versioned<LedgerMail>,
  dueAt: Date | null,
): Promise<void> {
  const moved: LedgerMail = dueAt
    ? { ...before.value, dueAt: dueAt.toISOString() }
    : { ...before.value, state: 'dropped', dueAt: null, message: 'there was no reason left to send it' }
  await save(ports, connectorId, moved, before)
}

/** Due mails with their rows; those that somebody has claimed since are left out. */
export async function dueRows(
  { store }: { readonly store: Pick<Store, 'ledgerMail' | 'dueMails'> },
  connectorId: string,
  now: Date,
  top: number,
): Promise<readonly Versioned<LedgerMail>[]> {
  const keys: readonly MailKey[] = await store.dueMails(connectorId, now.toISOString(), top)
  const rows = await Promise.all(keys.map((key) => store.ledgerMail(connectorId, key)))
  return rows.filter((row) => row !== null).filter(({ value }) => value.state === 'delayed')
}

async function save(
  { store }: Pick<StorePort, 'store'> | { readonly store: Pick<Store, 'saveLedgerMail'> },
  connectorId: string,
  mail: LedgerMail,
  before: Versioned<LedgerMail> | null,
): Promise<void> {
  try {
    await store.saveLedgerMail(connectorId, mail, before)
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
  }
}
