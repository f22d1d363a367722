/** Exchange's configuration as a run will leave it, and what everything is decided by. */
import { basisText } from '../core/bookmarks.ts'
import { makeContext, type DecisionContext } from '../core/decisionContext.ts'
import { compileExtraRules } from '../core/extraRules.ts'
import { planConfiguration, type ConfigurationPlan } from '../core/planConfiguration.ts'
import type { Assigning } from '../core/planAssignment.ts'
import type { Run } from '../core/run.ts'
import { withDefaults } from '../core/settings.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { stancesFor } from './drift.ts'
import { isTighteningDue, withoutEndedWait } from './tightening.ts'
import { readOwnConfiguration } from './ownConfiguration.ts'

/** What of a run its configuration plan goes by. */
export type Planned = Pick<Run, 'id' | 'connectorId' | 'kind' | 'step' | 'policy' | 'configuration'> &
  Partial<Pick<Run, 'askedBy' | 'startedAt' | 'gatheredAt'>>

/*
 * run   | policy                     | Exchange's configuration
 * full  | any                        | made equal to the policy
 * quick | applied                    | as it is: decided by what stands there, with the fallback where nothing holds a record
 * quick | applied, and a stricter    | the default and the rules as the policy says
 *       |   default has waited for   |
 *       |   mails long enough        |
 * quick | off, or default level none | what stood there before easgate comes back: entries are being withdrawn, and nobody may
 *       |                            |   stand without an entry under a default that easgate set. What nobody's access depends on
 *       |                            |   (mail insert, recipients, mailbox policy) waits for the full sync
 */
export async function planFor(ports: Pick<Ports, 'store'>, run: Planned): Promise<ConfigurationPlan> {
  if (!run.configuration)
    throw new AppError('internal', `run ${run.id} reached ${run.step} without Exchange's configuration`)
  const own = await readOwnConfiguration(ports, run.connectorId)
  const policy = withDefaults(run.policy)
  if (run.kind === 'full') {
    const stanceOf = await stancesFor(ports, run.connectorId, { ...run, policy })
    return withoutEndedWait(planConfiguration(policy, run.configuration, own, { stanceOf }))
  }
  const isApplied = policy.enabled && policy.defaultAccessLevel !== 'none'
  const at = run.gatheredAt ?? run.startedAt
  const isDue = at !== undefined && isTighteningDue(own, policy, new Date(at))
  if (!isApplied || isDue)
    return withoutEndedWait(planConfiguration(policy, run.configuration, own, { scope: 'decisive' }))
  const { defaultLevel, rules } = run.configuration
  return { planned: { defaultLevel, rules }, changes: [], own, differing: [], drift: [] }
}

/** Hash of all that decisions depend on beside the records: with another one, everything stored is decided again. */
export function basisOf({ hash }: Pick<Ports, 'hash'>, run: Run, { planned }: ConfigurationPlan): string {
  return hash(basisText(run.policy, planned, decidedAt(run)))
}

/** By what the run decides every record. Throws AppError badRequest where an extra rule's expression does not compile. */
export function contextOf(
  { compilePattern }: Pick<Ports, 'compilePattern'>,
  run: Planned & Decided,
  { planned }: ConfigurationPlan,
  assigning: Assigning | null = null,
): DecisionContext {
  const { policy } = run
  const { defaultLevel, rules } = run.configuration ?? planned
  const extraRules = compileExtraRules(policy.settings.extraRules, compilePattern)
  return makeContext({ policy, current: { defaultLevel, rules }, planned, now: decidedAt(run), extraRules, assigning })
}

type Decided = Pick<Run, 'startedAt'> & Partial<Pick<Run, 'gatheredAt'>>

/** Not when the run started: what fell due until the reading began is dealt with by this run (due.ts). */
function decidedAt({ startedAt, gatheredAt }: Decided): Date {
  return new Date(gatheredAt ?? startedAt)
}
