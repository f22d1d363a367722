/** Records what became of a claimed mail, in the ledger and in the audit. */
import { AppError } from '../errors.ts'
import type { LedgerMail, MailOutcome } from '../core/mail.ts'
import type { Versioned } from '../portsStore.ts'
import { auditMail } from './auditMail.ts'
import { afterOutcome } from './retryMail.ts'
import type { Asker, NoticePorts } from './notice.ts'

/** Other writers of a claimed row: whoever takes its claim for stale. */
const mostLosses = 3

/**
 * The mail as it stands in the ledger then. Throws AppErrors of the store: the row stays claimed, and is `unknown` for whoever looks at it later.
 */
export async function endMail(
  ports: NoticePorts,
  connectorId: string,
  claimed: Versioned<LedgerMail>,
  outcome: Omit<MailOutcome, 'id'>,
  asker: Asker,
): Promise<LedgerMail> {
  const { store, clock, log } = ports
  const ended = afterOutcome(claimed.value, outcome, clock.now(), asker.isOnce)
  let before = claimed
  for (let losses = 0; ; losses += 1) {
    try {
      await store.saveLedgerMail(connectorId, ended, before)
      break
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile' || losses >= mostLosses) throw thrown
      const found = await store.ledgerMail(connectorId, ended)
      if (!found || !isOurs(found.value, ended)) return found?.value ?? ended
      before = found
    }
  }
  const { record, reason, state, tries } = ended
  log.info('notice.ended', { connectorId, record, reason, state, tries })
  await auditMail(ports, connectorId, ended, state, asker)
  return ended
}

/** Ours, and not ended but by somebody who took us for dead. */
function isOurs(found: LedgerMail, ended: LedgerMail): boolean {
  return (
    found.batchId === ended.batchId &&
    (found.state === 'claimed' || found.state === 'unknown') &&
    ended.state !== 'unknown'
  )
}
