/** The words of this folder: what is asked for, and what is told. Types only. */
import type { AppError } from '../errors.ts'
import type { LedgerMail, Mail, MailKey } from '../core/mail.ts'
import type { Ports } from '../ports.ts'

export type NoticePorts = Pick<Ports, 'exchange' | 'store' | 'activation' | 'clock' | 'log' | 'newId'>

/** One mail to be sent unless the ledger has it already. */
export interface Notice extends MailKey {
  readonly mail: Omit<Mail, 'id'>
  /** Kept in the ledger, so that the mail can be made again when it is due. */
  readonly mailboxGuid?: string
  /** Id of the activation link in it, for the audit. */
  readonly linkId?: string
}

export interface NoticeOptions {
  /** For the audit: `run <id>`, or a person's id. */
  readonly actor: string
  readonly runId: string | null
  /** No mail is begun at or after this. */
  readonly until?: Date
  /** One that is delayed is not due later. */
  readonly isOnce?: boolean
}

/** What the end of a mail goes by. */
export type Asker = Pick<NoticeOptions, 'actor' | 'runId' | 'isOnce'>

/**
 * sent, refused, delayed, unknown: as the ledger has it now, whoever sent it. underWay: somebody else is sending it. notTried: nothing stands in the
 * ledger that was not there before.
 */
export interface NoticeResult extends MailKey {
  readonly state: Exclude<LedgerMail['state'], 'claimed' | 'dropped'> | 'underWay' | 'notTried'
  readonly message: string | null
  /** Of a delayed one: when it may be tried again, ISO-8601 UTC. */
  readonly dueAt: string | null
}

export interface NoticeReport {
  /** In the order of the notices. */
  readonly results: readonly NoticeResult[]
  /**
   * Why some were not tried: no relay could be asked (noRelay, relayNotApproved …), none of those that answered has a notification account (conflict), or
   * several mails in a row were delayed (exchangeFailed). null: all were dealt with, or the time was over.
   */
  readonly problem: AppError | null
}
