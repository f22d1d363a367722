/** A person's word on a plan that the limits hold: approve and it is applied, reject and it never is. */
import { isOfThisVersion, type Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Versioned } from '../portsStore.ts'
import { checkNotRetired } from './checkNotRetired.ts'
import { changeConnector } from './connector.ts'
import { expireHeld, heldUntil } from './expireHeld.ts'
import { messageFor } from './messageFor.ts'
import { checkListsAlone } from './steps/keepApproved.ts'

/**
 * `groups`: only changes of mailboxes whose owner is in one of them go on; null: all. Throws AppError notFound, groupNotFound, connectorRetired, or conflict when
 * the run is not held (any more), another version planned it, a run of its kind is on its way, or the part cannot be applied by itself.
 */
export async function approveRun(
  ports: Ports,
  connectorId: string,
  runId: string,
  by: string,
  groups: readonly string[] | null = null,
): Promise<void> {
  const held = await readHeld(ports, connectorId, runId)
  if (!isOfThisVersion(held.value)) {
    throw new AppError(
      'conflict',
      `run ${runId} was planned by another version of easgate and cannot be approved any more; start a full sync and decide on its plan, or reject this one`,
    )
  }
  if (groups) {
    await checkListsAlone(ports, held.value)
    // Now, while a person can be told; a run that failed later would take the plan with it
    for (const group of groups) await ports.directory.memberIds(group, null)
  }
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
    ...(groups
      ? { approvedGroups: groups, step: 'keepApproved', cursor: null }
      : { step: 'takeLease', cursor: 'apply' }),
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
  if (await expireHeld(ports, found)) {
    throw new AppError(
      'conflict',
      `run ${runId} was held until ${heldUntil(found.value)} and is expired; start a full sync and decide on its plan`,
    )
  }
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
    ...(run.approvedGroups ? { groups: run.approvedGroups } : {}),
  }
  await ports.store.appendAudit(run.connectorId, [
    { at, actor, action, runId: run.id, subject: run.connectorId, before: 'held', after, outcome: null },
  ])
}
