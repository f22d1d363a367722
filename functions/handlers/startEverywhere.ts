/** What both timers do: start what is due of every connector; one whose sync cannot be started does not stop the others. */
import type { InvocationContext } from '@azure/functions'
import type { RunKind } from '../core/run.ts'
import { AppError, asAppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { endRetired } from '../sync/endRetired.ts'
import { startDue } from '../sync/startDue.ts'
import type { Wiring } from '../wiring.ts'

/** Fails at the end, so that the invocation shows as failed, when any connector could not be started. */
export async function startEverywhere(kind: RunKind, context: InvocationContext, wiring: Wiring): Promise<void> {
  const ports = await wiring.ports(context)
  const failures = await Promise.all(wiring.connectors.map(({ id }) => start(ports, kind, id)))
  const failed = failures.filter((one) => one !== null)
  if (failed.length === 0) return
  const what = `${failed.length} of ${wiring.connectors.length} connectors got no ${kind} sync`
  throw new AppError('internal', `${what}: ${failed.join('; ')}. The next timer tries again.`, { retryable: true })
}

/** The connector with what went wrong, or null. A retired one gets no run, and its relays are told: nothing went wrong. */
async function start(ports: Ports, timer: RunKind, connectorId: string): Promise<string | null> {
  try {
    for (const { kind, runId, how } of await startDue(ports, timer, connectorId))
      ports.log.info('timerAsked', { connectorId, kind, runId, how })
    return null
  } catch (thrown) {
    const { code, message } = asAppError(thrown)
    if (code === 'connectorRetired') {
      ports.log.info('timerSkipped', { connectorId, kind: timer, message })
      if (timer === 'quick') await endRetired(ports, connectorId)
      return null
    }
    ports.log.error('timerFailed', { connectorId, kind: timer, code, message })
    return `${connectorId} (${code})`
  }
}
