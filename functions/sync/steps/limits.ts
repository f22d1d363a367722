/** Step 9: the plan as a whole. Refused: the run is held with numbers and remedy, and nothing is sent. */
import { checkLimits, type LimitRefusal } from '../../core/limits.ts'
import type { Inventory, Run } from '../../core/run.ts'
import type { Ports } from '../../ports.ts'
import { changeConnector, readConnector, withoutRun } from '../connector.ts'
import { startPending } from '../startPending.ts'
import type { Step, StepResult } from '../step.ts'

export const limits: Step = async (ports, run) => {
  const state = (await readConnector(ports, run.connectorId))?.value
  const refusal = checkLimits(
    {
      nowAllowed: run.counts['now.allowed'] ?? 0,
      losing: run.counts['losing'] ?? 0,
      inventory: inventoryOf(run),
      lastInventory: state?.inventory ?? null,
      includedGroups: run.policy.enabled ? run.policy.includedGroups : [],
    },
    run.policy.settings.limits,
  )
  if (!refusal || run.dryRun) return { next: 'apply', patch: { refusal } }
  return hold(ports, run, refusal)
}

/** What this run found, for the limits of the next. */
export function inventoryOf({ counts, groupSizes }: Run): Inventory {
  return {
    records: counts['inventory.records'] ?? 0,
    intuneDevices: counts['inventory.intuneDevices'] ?? 0,
    usersInScope: counts['inventory.usersInScope'] ?? 0,
    groupSizes,
  }
}

/** One plan is held at a time: a quick sync's beside a full one's is not kept, it is computed anew within a minute. */
async function hold(ports: Ports, run: Run, refusal: LimitRefusal): Promise<StepResult> {
  const state = await changeConnector(ports, run.connectorId, (now) => {
    const free = withoutRun(now, run)
    return now.heldRun === null || now.heldRun === run.id ? { ...free, heldRun: run.id } : free
  })
  const isHeld = state.heldRun === run.id
  ports.log.warn('planHeld', {
    runId: run.id,
    connectorId: run.connectorId,
    kept: isHeld,
    limit: refusal.limit,
    number: refusal.number,
    of: refusal.of,
    allowed: refusal.allowed,
  })
  await ports.store.clearStaged(run.connectorId, run.id)
  await startPending(ports, run.connectorId)
  const endedAt = isHeld ? null : ports.clock.now().toISOString()
  return { next: null, patch: { state: isHeld ? 'held' : 'replaced', refusal, endedAt } }
}
