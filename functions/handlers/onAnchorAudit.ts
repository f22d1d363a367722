/** Timer, every hour: keeps the head of each connector's audit once a day; the hours after the first make up for one that failed. */
import type { InvocationContext, Timer } from '@azure/functions'
import { AppError, asAppError } from '../errors.ts'
import type { Anchors, Ports } from '../ports.ts'
import { processWiring, type Wiring } from '../wiring.ts'

/** Fails at the end, so that the invocation shows as failed, when any head could not be kept. */
export async function onAnchorAudit(
  _timer: Timer,
  context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<void> {
  const ports = await wiring.ports(context)
  const { anchors } = wiring
  if (!anchors) return
  const failures = await Promise.all(wiring.connectors.map(({ id }) => keepHead(ports, anchors, id)))
  const failed = failures.filter((one) => one !== null)
  if (failed.length > 0) throw new AppError('storeFailed', failed.join(' '), { retryable: true })
}

/** What went wrong, or null. */
async function keepHead({ store, clock, log }: Ports, anchors: Anchors, connectorId: string): Promise<string | null> {
  try {
    const head = await store.auditHead(connectorId)
    if (!head) return null
    const at = clock.now().toISOString()
    if (await anchors.keep({ easgateAnchor: 1, connectorId, ...head, at }))
      log.info('auditAnchored', { connectorId, seq: head.seq })
    return null
  } catch (thrown) {
    const { code, message } = asAppError(thrown)
    log.error('auditNotAnchored', { connectorId, code, message })
    return message
  }
}
