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
import type { Step } from '../steps.ts'
import { renewLease } from './takeLease.ts'

export const decidePartitions: Step = async (ports, run) => {
  const state = await renewLease(ports, run)
  if (state.lease?.runId !== run.id) return { next: 'takeLease', delaySeconds: 2 }
  const plan = await planFor(ports, run)
  const first = Number(run.cursor ?? 0)
  if (first === 0) await putConfigurationChanges(ports, run, plan)
  const tally: Tally = {}
  const next = await decideFrom(ports, run, first, contextOf(run, plan), tally)
  if (next < partitionCount) return { next: 'decide', cursor: String(next), counts: tally }
  return {
    next: 'limits',
    counts: { ...tally, 'differing.rules': plan.differing.length, 'planned.configuration': plan.changes.length },
  }
}

/** While one partition is decided and written, the next one is read: two partitions in memory, never more. */
async function decideFrom(
  ports: Ports,
  run: Run,
  first: number,
  context: DecisionContext,
  tally: Tally,
): Promise<number> {
  const isOver = deadline(ports.clock)
  let partition = first
  let loading = loadPartition(ports, run, partition)
  while (partition < partitionCount) {
    const loaded = await loading
    const following = partition + 1
    if (following < partitionCount) loading = loadPartition(ports, run, following)
    // A reading that fails while this partition is written is reported where it is awaited
    loading.catch(() => undefined)
    await decidePartition(ports, run, partition, loaded, context, tally)
    partition = following
    if (isOver()) break
  }
  return partition
}

/** Only a full sync makes Exchange's configuration equal to the policy; a quick one decides by the configuration as it is. */
export async function planFor(ports: Pick<Ports, 'store'>, run: Run): Promise<ConfigurationPlan> {
  if (!run.configuration)
    throw new AppError('internal', `run ${run.id} reached ${run.step} without Exchange's configuration`)
  const own = (await ports.store.document(run.connectorId, 'own'))?.value ?? nothingOwned
  if (run.kind === 'full') return planConfiguration(run.policy, run.configuration, own)
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
