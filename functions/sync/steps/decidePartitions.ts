/** Step 8: match → decide → plan, partition by partition; the cursor counts the partitions that are done. Reads rows as they are now. */
import type { DecisionContext } from '../../core/decisionContext.ts'
import { partitionCount } from '../../core/partition.ts'
import { changeKey } from '../../core/plan.ts'
import type { ConfigurationPlan } from '../../core/planConfiguration.ts'
import type { Run } from '../../core/run.ts'
import type { Tally } from '../../core/tally.ts'
import type { Ports } from '../../ports.ts'
import { assigningFor } from '../assigningFor.ts'
import { deadline } from '../deadline.ts'
import { decidePartition } from '../decidePartition.ts'
import { recordDrift } from '../drift.ts'
import { emptyPinList } from '../listedPins.ts'
import { loadPartition, openGathered } from '../loadPartition.ts'
import { saveOwnConfiguration } from '../ownConfiguration.ts'
import { basisOf, contextOf, planFor } from '../planFor.ts'
import type { Step } from '../step.ts'
import { renewLease } from './takeLease.ts'

export const decidePartitions: Step = async (ports, run) => {
  const state = await renewLease(ports, run)
  if (state.lease?.runId !== run.id) return { next: 'takeLease', delaySeconds: 2 }
  const plan = await planFor(ports, run)
  const first = Number(run.cursor ?? 0)
  if (first === 0) {
    await saveOwnConfiguration(ports, run.connectorId, plan.own)
    await recordDrift(ports, run, plan.drift)
    await putConfigurationChanges(ports, run, plan)
  }
  const tally: Tally = {}
  const context = contextOf(ports, run, plan, await assigningFor(ports, run, plan))
  const next = await decideFrom(ports, run, first, context, tally)
  if (next < partitionsOf(run).length) return { next: 'decide', cursor: String(next), counts: tally }
  await emptyPinList(ports, run)
  return {
    next: 'limits',
    counts: { ...tally, 'planned.configuration': plan.changes.length },
    patch: { differing: plan.differing, decidedBy: basisOf(ports, run, plan) },
  }
}

/** Some partitions side by side: while one waits for storage, another is decided. */
async function decideFrom(
  ports: Ports,
  run: Run,
  first: number,
  context: DecisionContext,
  tally: Tally,
): Promise<number> {
  const isOver = deadline(ports.clock)
  const gatheredOf = await openGathered(ports, run)
  const width = partitionsAtOnce(run)
  const partitions = partitionsOf(run)
  let next = first
  while (next < partitions.length && (next === first || !isOver())) {
    const group = partitions.slice(next, next + width)
    await Promise.all(
      group.map(async (partition) =>
        decidePartition(ports, run, partition, await loadPartition(ports, run, partition, gatheredOf), context, tally),
      ),
    )
    next += group.length
  }
  return next
}

/** The cursor counts these. */
function partitionsOf({ mode, touched }: Run): readonly number[] {
  return mode === 'changes' ? touched : Array.from({ length: partitionCount }, (_, partition) => partition)
}

/** Memory grows with the partitions in it (design.md 12, 6): few at once where they are large. */
function partitionsAtOnce({ counts }: Run): number {
  return (counts['inventory.records'] ?? 0) > 100_000 ? 1 : 4
}

async function putConfigurationChanges(ports: Ports, run: Run, { changes }: ConfigurationPlan): Promise<void> {
  const keyed = changes.map((change, index) => ({ key: changeKey(change, 0, index), change }))
  if (keyed.length > 0) await ports.store.putChanges(run.connectorId, run.id, keyed)
}
