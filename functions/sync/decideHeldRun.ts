/** A person's word on a plan that the limits hold: approve and it is applied, reject and it never is. */
import type { Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Versioned } from '../portsStore.ts'
import { checkNotRetired } from './checkNotRetired.ts'
import { changeConnector } from './connector.ts'
import { messageFor } from './messageFor.ts'

/** Throws AppError notFound, connectorRetired, or conflict when the run is not held or a run of its kind is on its way. */
export async function approveRun(ports: Ports, connectorId: string, runId: string, by: string): Promise<void> {
  const held = await readHeld(ports, connectorId, runId)
  const state = await changeConnector(ports, connectorId, (now) => {
    checkNotRetired(now)
    if (now.heldRun !== runId || now.running[held.value.kind]) return null
    return { ...now, heldRun: null, running: { ...now.running, [held.value.kind]: runId } }
  })
  if (state.running[held.value.kind] !== runId) {
    throw new AppError(
      'conflict',
      `a ${held.value.kind} sync of connector ${connectorId} is on its way; it will replace run ${runId}: approve that one when it is held`,
    )
  }
  const now = ports.clock.now().toISOString()
  const run: Run = {
    ...held.value,
    state: 'running',
    approvedBy: by,
    step: 'takeLease',
    cursor: 'apply',
    updatedAt: now,
  }
  await ports.store.saveRun(run, held.etag)
  await audit(ports, run, by, 'planApproved')
  await ports.queue.send(messageFor(run))
}

/** Throws AppError notFound or conflict. */
export async function rejectRun(ports: Ports, connectorId: string, runId: string, by: string): Promise<void> {
  const held = await readHeld(ports, connectorId, runId)
  const now = ports.clock.now().toISOString()
  const run: Run = { ...held.value, state: 'rejected', endedAt: now, updatedAt: now }
  await ports.store.saveRun(run, held.etag)
  await changeConnector(ports, connectorId, (state) => (state.heldRun === runId ? { ...state, heldRun: null } : null))
  await audit(ports, run, by, 'planRejected')
}

async function readHeld(ports: Ports, connectorId: string, runId: string): Promise<Versioned<Run>> {
  const found = await ports.store.run(connectorId, runId)
  if (!found) throw new AppError('notFound', `connector ${connectorId} has no run ${runId}`)
  if (found.value.state !== 'held') {
    throw new AppError(
      'conflict',
      `run ${runId} is ${found.value.state}, not held; only a held plan can be approved or rejected`,
    )
  }
  return found
}

async function audit(ports: Ports, run: Run, actor: string, action: string): Promise<void> {
  const at = ports.clock.now().toISOString()
  const after = {
    losing: run.counts['losing'] ?? 0,
    changes: run.counts['planned.changes'] ?? 0,
    refusal: run.refusal?.limit ?? null,
  }
  await ports.store.appendAudit(run.connectorId, [
    { at, actor, action, runId: run.id, subject: run.connectorId, before: 'held', after, outcome: null },
  ])
}
