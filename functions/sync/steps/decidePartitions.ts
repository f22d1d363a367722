/** Step 8: match → decide → plan, partition by partition; the cursor is the next partition. Reads rows as they are now. */
import { makeContext, type DecisionContext } from '../../core/decisionContext.ts'
import { partitionCount } from '../../core/partition.ts'
import { changeKey } from '../../core/plan.ts'
import { nothingOwned, planConfiguration, type ConfigurationPlan } from '../../core/planConfiguration.ts'
import type { Run } from '../../core/run.ts'
import type { Tally } from '../../core/tally.ts'
import { AppError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import { deadline } from '../deadline.ts'
import { decidePartition } from '../decidePartition.ts'
import { loadPartition } from '../loadPartition.ts'
import { saveOwnConfiguration } from '../ownConfiguration.ts'
import type { Step } from '../step.ts'
import { renewLease } from './takeLease.ts'

export const decidePartitions: Step = async (ports, run) => {
  const state = await renewLease(ports, run)
  if (state.lease?.runId !== run.id) return { next: 'takeLease', delaySeconds: 2 }
  const plan = await planFor(ports, run)
  const first = Number(run.cursor ?? 0)
  if (first === 0) {
    await saveOwnConfiguration(ports, run.connectorId, plan.own)
    await putConfigurationChanges(ports, run, plan)
  }
  const tally: Tally = {}
  const next = await decideFrom(ports, run, first, contextOf(run, plan), tally)
  if (next < partitionCount) return { next: 'decide', cursor: String(next), counts: tally }
  return {
    next: 'limits',
    counts: { ...tally, 'planned.configuration': plan.changes.length },
    patch: { differing: plan.differing },
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
  const width = partitionsAtOnce(run)
  let next = first
  while (next < partitionCount && (next === first || !isOver())) {
    const group = Array.from({ length: Math.min(width, partitionCount - next) }, (_, index) => next + index)
    await Promise.all(
      group.map(async (partition) =>
        decidePartition(ports, run, partition, await loadPartition(ports, run, partition), context, tally),
      ),
    )
    next += group.length
  }
  return next
}

/** Memory grows with the partitions in it (design.md 12, 6): few at once where they are large. */
function partitionsAtOnce({ counts }: Run): number {
  return (counts['inventory.records'] ?? 0) > 100_000 ? 1 : 4
}

/*
 * run   | policy                     | Exchange's configuration
 * full  | any                        | made equal to the policy
 * quick | applied                    | as it is: decided by what stands there, with the fallback where nothing holds a record
 * quick | off, or default level none | what stood there before easgate comes back: entries are being withdrawn, and nobody may
 *       |                            |   stand without an entry under a default that easgate set
 */
async function planFor(ports: Pick<Ports, 'store'>, run: Run): Promise<ConfigurationPlan> {
  if (!run.configuration)
    throw new AppError('internal', `run ${run.id} reached ${run.step} without Exchange's configuration`)
  const own = (await ports.store.document(run.connectorId, 'own'))?.value ?? nothingOwned
  const isApplied = run.policy.enabled && run.policy.defaultAccessLevel !== 'none'
  if (run.kind === 'full' || !isApplied) return planConfiguration(run.policy, run.configuration, own)
  const { defaultLevel, rules } = run.configuration
  return { planned: { defaultLevel, rules }, changes: [], own, differing: [] }
}

function contextOf(run: Run, { planned }: ConfigurationPlan): DecisionContext {
  const { defaultLevel, rules } = run.configuration ?? planned
  return makeContext({ policy: run.policy, current: { defaultLevel, rules }, planned, now: new Date(run.startedAt) })
}

async function putConfigurationChanges(ports: Ports, run: Run, { changes }: ConfigurationPlan): Promise<void> {
  const keyed = changes.map((change, index) => ({ key: changeKey(change, 0, index), change }))
  if (keyed.length > 0) await ports.store.putChanges(run.connectorId, run.id, keyed)
}
