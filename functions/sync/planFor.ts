/** Exchange's configuration as a run will leave it, and what everything is decided by. */
import { basisText } from '../core/bookmarks.ts'
import { nothingOwned, planConfiguration, type ConfigurationPlan } from '../core/planConfiguration.ts'
import type { Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'

/*
 * run   | policy                     | Exchange's configuration
 * full  | any                        | made equal to the policy
 * quick | applied                    | as it is: decided by what stands there, with the fallback where nothing holds a record
 * quick | off, or default level none | what stood there before easgate comes back: entries are being withdrawn, and nobody may
 *       |                            |   stand without an entry under a default that easgate set
 */
export async function planFor(ports: Pick<Ports, 'store'>, run: Run): Promise<ConfigurationPlan> {
  if (!run.configuration)
    throw new AppError('internal', `run ${run.id} reached ${run.step} without Exchange's configuration`)
  const own = (await ports.store.document(run.connectorId, 'own'))?.value ?? nothingOwned
  const isApplied = run.policy.enabled && run.policy.defaultAccessLevel !== 'none'
  if (run.kind === 'full' || !isApplied) return planConfiguration(run.policy, run.configuration, own)
  const { defaultLevel, rules } = run.configuration
  return { planned: { defaultLevel, rules }, changes: [], own, differing: [] }
}

/** Hash of all that decisions depend on beside the records: with another one, everything stored is decided again. */
export function basisOf({ hash }: Pick<Ports, 'hash'>, run: Run, { planned }: ConfigurationPlan): string {
  return hash(basisText(run.policy, planned, new Date(run.startedAt)))
}
