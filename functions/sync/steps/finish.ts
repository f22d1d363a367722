/** Step 11: the run's numbers on the connector, the lease let go, the full sync that waits is started. */
import { countOutcomes } from '../applyPhase.ts'
import { changeConnector, withoutRun } from '../connector.ts'
import { startPending } from '../startPending.ts'
import type { Step } from '../step.ts'
import { inventoryOf } from './limits.ts'

export const finish: Step = async (ports, run) => {
  const now = ports.clock.now().toISOString()
  await ports.store.clearStaged(run.connectorId, run.id)
  const counts = { ...run.counts, ...(await countOutcomes(ports, run)) }
  await changeConnector(ports, run.connectorId, (state) => ({
    ...withoutRun(state, run),
    // A dry run is no sync
    ...(run.dryRun
      ? {}
      : { [run.kind === 'full' ? 'lastFullSync' : 'lastQuickSync']: now, inventory: inventoryOf(run) }),
  }))
  await startPending(ports, run.connectorId)
  ports.log.info('runDone', {
    runId: run.id,
    connectorId: run.connectorId,
    kind: run.kind,
    dryRun: run.dryRun,
    counts,
  })
  return { next: null, patch: { state: 'done', endedAt: now, counts } }
}
