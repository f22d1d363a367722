/** Step 9: the plan as a whole. Refused: the run is held with numbers and remedy, and nothing is sent. */
import { checkLimits, type LimitRefusal } from '../../core/limits.ts'
import type { ConnectorState, Inventory, Run } from '../../core/run.ts'
import type { Ports } from '../../ports.ts'
import { changeConnector, readConnector, withoutRun } from '../connector.ts'
import { readOwnConfiguration } from '../ownConfiguration.ts'
import { startPending } from '../startPending.ts'
import type { Step, StepResult } from '../step.ts'

export const limits: Step = async (ports, run) => {
  const state = (await readConnector(ports, run.connectorId))?.value
  const refusal = checkLimits(
    {
      ...numbersOf(run, state),
      includedGroups: run.policy.enabled ? run.policy.includedGroups : [],
    },
    run.policy.settings.limits,
  )
  if (!refusal || run.dryRun) return { next: 'notify', patch: { refusal } }
  if (await isApprovedBefore(ports, run, refusal)) return { next: 'notify', counts: { approvedBefore: 1 } }
  return hold(ports, run, refusal)
}

/**
 * The rest of a plan that a person approved, and that waited for mails (tightening.ts): decided by the same policy and the same default and rules to come, and
 * no more may lose access by it than were approved.
 */
async function isApprovedBefore({ store }: Ports, run: Run, { limit, number }: LimitRefusal): Promise<boolean> {
  if (run.kind !== 'quick' || (limit !== 'losingNumber' && limit !== 'losingShare')) return false
  const { tighteningWaits } = await readOwnConfiguration({ store }, run.connectorId)
  const approved = tighteningWaits?.approved
  return approved?.decidedBy === run.decidedBy && number <= approved.losing
}

/*
 * run          | allowed now            | losing, and likewise reassigned          | inventory
 * full         | counted                | counted                                  | found
 * quick        | counted, or of the     | counted, with those of the quick syncs   | found, or the last one: what it did not read did not shrink
 *              | last run that decided  | since the last full one: a thousand small |
 *              | everything             | steps are a mass change too              |
 */
function numbersOf(run: Run, state: ConnectorState | undefined) {
  const lastInventory = state?.inventory ?? null
  const losing = run.counts['losing'] ?? 0
  const reassigned = run.counts['assignments.planned'] ?? 0
  const counted = run.counts['now.allowed'] ?? 0
  const isQuick = run.kind === 'quick'
  const groupSizes = { ...lastInventory?.groupSizes, ...run.groupSizes }
  return {
    nowAllowed: run.mode === 'changes' ? Math.max(state?.allowed ?? 0, counted) : counted,
    losing: isQuick && losing > 0 ? losing + (state?.lost ?? 0) : losing,
    reassigned: isQuick && reassigned > 0 ? reassigned + (state?.reassigned ?? 0) : reassigned,
    inventory: run.mode === 'everything' || !lastInventory ? inventoryOf(run) : { ...lastInventory, groupSizes },
    lastInventory,
  }
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
    kind: run.kind,
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
