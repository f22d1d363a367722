/** The mails of a scenario in the order they were sent: addresses and subjects as EWS had them, records as the audit names them. */
import type { Stack } from './stack.ts'

export interface AuditView {
  readonly action: string
  readonly subject: string
  readonly outcome: string | null
}

export interface SentMailView {
  readonly to: string
  readonly subject: string
  /** null: about no single record. */
  readonly record: string | null
}

/** A mail is sent after the one before has ended, so that both lists are in one order. What EWS has and the audit has not, has no record. */
export async function sentMails(
  { urls }: Pick<Stack, 'urls'>,
  audit: readonly AuditView[],
  spelled: (guid: string) => string,
): Promise<readonly SentMailView[]> {
  const answer = await fetch(`${urls.ews}/_sim/mails`)
  const { mails } = (await answer.json()) as { mails: { to: readonly string[]; subject: string }[] }
  const records = audit.flatMap(({ action, outcome, subject }) =>
    action === 'mailEnded' && outcome === 'sent' ? [subject] : [],
  )
  return mails.map(({ to, subject }, index) => {
    const record = records.length === mails.length ? records[index] : undefined
    const isRecord = record !== undefined && record !== 'digest' && record !== 'test'
    return { to: to.join(', '), subject, record: isRecord ? spelled(record) : null }
  })
}
