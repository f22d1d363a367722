/** The audit's two rows of a mail: before it is sent, and what became of it. Neither address nor text is in them. */
import type { LedgerMail } from '../core/mail.ts'
import type { Asker, NoticePorts } from './notice.ts'

/** `outcome`: asked, or the state it ended in. */
export async function auditMail(
  { store, clock }: NoticePorts,
  connectorId: string,
  { record, reason, batchId, tries }: LedgerMail,
  outcome: 'asked' | LedgerMail['state'],
  { actor, runId }: Asker,
  linkId?: string,
): Promise<void> {
  const action = outcome === 'asked' ? 'mailAsked' : 'mailEnded'
  const after = { reason, batchId, tries, ...(linkId !== undefined && { activationLink: linkId }) }
  const at = clock.now().toISOString()
  await store.appendAudit(connectorId, [{ at, actor, action, runId, subject: record, before: null, after, outcome }])
}
