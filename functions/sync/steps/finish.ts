/** Last step: the run's numbers and bookmarks on the connector, the lease let go, the full sync that waits is started. */
import { groupsText } from '../../core/bookmarks.ts'
import type { ConnectorState, Run } from '../../core/run.ts'
import { countOutcomes, noOutcomes, type Outcomes } from '../applyPhase.ts'
import { forgetDue } from '../changes/due.ts'
import { saveBookmarks } from '../changes/saveBookmarks.ts'
import { changeConnector, withoutRun } from '../connector.ts'
import { deadline } from '../deadline.ts'
import { isWithdrawn, retiredAt } from '../retireConnector.ts'
import { startPending } from '../startPending.ts'
import { startStaleCleanup } from '../startStale.ts'
import type { Step } from '../step.ts'
import { inventoryOf } from './limits.ts'

export const finish: Step = async (ports, run) => {
  const now = ports.clock.now().toISOString()
  // Most quick syncs find nothing: they are to cost next to nothing
  const isIdle = run.mode === 'changes' && run.touched.length === 0
  const made = isIdle ? noOutcomes : await countOutcomes(ports, run)
  const { due } = made
  const counts = { ...run.counts, ...made.outcomes }
  if (!run.dryRun) {
    // Before the bookmarks, by which it is never looked for again
    if (isFirstOfIndex(run) && !(await ports.store.clearOlderPlaces(run.connectorId, deadline(ports.clock))))
      return { next: 'finish' }
    await forgetDue(ports, run)
    if (due.length > 0) await ports.store.writePlaces(run.connectorId, due, [])
    await saveBookmarks(ports, run, groupsText(run.policy))
  }
  if (!isIdle) await ports.store.clearStaged(run.connectorId, run.id)
  // A dry run is no sync
  await changeConnector(ports, run.connectorId, (state) => ({
    ...withoutRun(state, run),
    ...(run.dryRun ? {} : synced(state, run, made, now)),
    ...(state.retiring && isWithdrawn({ ...run, counts }) ? retiredAt(now) : {}),
  }))
  await startPending(ports, run.connectorId)
  if (!run.retires) await startStaleCleanup(ports, run, run.policy.settings.staleCleanup ?? null)
  return { next: null, patch: { state: 'done', endedAt: now, counts } }
}

/** It has written the index whole: what an older version left of it is of no use. */
function isFirstOfIndex({ mode, bookmarks }: Run): boolean {
  return mode === 'everything' && bookmarks === null
}

function synced(state: ConnectorState, run: Run, made: Outcomes, now: string): Partial<ConnectorState> {
  const last = run.kind === 'full' ? { lastFullSync: now } : { lastQuickSync: now }
  // Who keeps access until the mail is sent, or as Exchange refuses to end it, is counted when it ends: else one that is tried again and again would hold all
  const kept = (run.counts['postponed'] ?? 0) + made.notLost
  const losing = Math.max(0, (run.counts['losing'] ?? 0) - kept)
  const isReset = run.kind === 'full' || run.approvedBy !== null
  const { inventory } = state
  // The rest of a plan that was approved in part must meet the limits again, against what they refused it by
  const isPart = run.approvedGroups !== undefined
  return {
    ...last,
    lost: isReset ? 0 : state.lost + losing,
    reassigned: isReset ? 0 : (state.reassigned ?? 0) + made.reassigned,
    allowed: run.mode === 'changes' ? state.allowed : (run.counts['now.allowed'] ?? 0),
    inventory: isPart
      ? inventory
      : run.mode === 'everything'
        ? inventoryOf(run)
        : inventory && { ...inventory, groupSizes: { ...inventory.groupSizes, ...run.groupSizes } },
  }
}
