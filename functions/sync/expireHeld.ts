/** A held plan that nobody decided in time is out of date: it ends, and the next sync decides anew. */
import type { Run } from '../core/run.ts'
import { defaultLimits } from '../core/settings.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Versioned } from '../portsStore.ts'
import { changeConnector } from './connector.ts'

/** Until when a person may decide, ISO-8601 UTC. Its row is written last when it is held. */
export function heldUntil({ policy, updatedAt }: Run): string {
  const hours = policy.settings.limits.heldHours ?? defaultLimits.heldHours
  return new Date(Date.parse(updatedAt) + hours * 3_600_000).toISOString()
}

/** True when it was too late. Somebody who decided at the same moment wins. */
export async function expireHeld(ports: Ports, { value, etag }: Versioned<Run>): Promise<boolean> {
  const now = ports.clock.now().toISOString()
  if (value.state !== 'held' || heldUntil(value) > now) return false
  const { connectorId, id: runId } = value
  try {
    await ports.store.saveRun({ ...value, state: 'expired', endedAt: now, updatedAt: now }, etag)
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
    return false
  }
  await forget(ports, connectorId, runId)
  const after = { heldSince: value.updatedAt, refusal: value.refusal?.limit ?? null }
  await ports.store.appendAudit(connectorId, [
    {
      at: now,
      actor: 'timer',
      action: 'planExpired',
      runId,
      subject: connectorId,
      before: 'held',
      after,
      outcome: null,
    },
  ])
  ports.log.warn('planExpired', { runId, connectorId, kind: value.kind })
  return true
}

/** What every start of a run does, so that the timer's quick sync notices within a minute. */
export async function expireHeldOf(ports: Ports, connectorId: string, heldRun: string | null): Promise<void> {
  if (heldRun === null) return
  const found = await ports.store.run(connectorId, heldRun)
  // One that died between its two writes left the run's id behind
  if (found?.value.state === 'expired') await forget(ports, connectorId, heldRun)
  else if (found) await expireHeld(ports, found)
}

async function forget(ports: Ports, connectorId: string, runId: string): Promise<void> {
  await changeConnector(ports, connectorId, (state) => (state.heldRun === runId ? { ...state, heldRun: null } : null))
}
