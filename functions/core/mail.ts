/** A mail to a person, what became of it, and its place in the ledger that keeps it from being sent twice. Pure. */

/** `id` is unique in its batch. */
export interface Mail {
  readonly id: string
  /** One address. */
  readonly to: string
  /** One line, at most 255 characters. */
  readonly subject: string
  /** At most 200,000 characters. */
  readonly html: string
  /** A PNG in base64, at most 64 KiB, which the HTML names as `cid:easgate`. */
  readonly imagePng?: string
}

/**
 * What came of a mail that a relay's notification account was given. Mails of a batch are sent one after the other; a conversation that breaks gives `unknown` to
 * those that have no outcome. The same batch again is answered by the same relay with the first outcomes. Where nothing was sent there is an AppError instead:
 * conflict (the relay has no such account), badRequest (a mail is not as it must be), relayRefused, relayLost (the conversation had ended before).
 *
 * sent: Exchange took it. refused: not sent, and never will be. delayed: certainly not sent, may be tried later. unknown: it may have been sent, so it is
 * never sent again by itself.
 */
export interface MailOutcome {
  readonly id: string
  readonly state: 'sent' | 'refused' | 'delayed' | 'unknown'
  /** Why; null when it was sent. */
  readonly message: string | null
  readonly retryAfterMs?: number
}

/** A mail of the ledger: at most one for each EAS record and reason. */
export interface MailKey {
  /** Guid of the EAS record, or another name where no record is the cause. */
  readonly record: string
  readonly reason: string
}

/** Neither address nor text is kept. */
export interface LedgerMail extends MailKey {
  /**
   * claimed: somebody is sending it, or died doing so. dropped: when its time came again, there was no reason left to send it; it may be claimed again. The
   * others: MailOutcome.
   */
  readonly state: 'claimed' | 'dropped' | MailOutcome['state']
  /** Id of the batch that carries or carried it. */
  readonly batchId: string
  /** How often it was claimed. */
  readonly tries: number
  /** ISO-8601 UTC: of the last claim, and of the outcome. */
  readonly claimedAt: string
  readonly endedAt: string | null
  /** Of a delayed one: when it may be claimed again. */
  readonly dueAt: string | null
  readonly message: string | null
  /** Where the record is found again when the mail is due. */
  readonly mailboxGuid?: string
}
