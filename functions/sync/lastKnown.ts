/** What a sync would decide by now, from what the last ones read: for explain, what-if and previews, which ask Exchange nothing. */
import type { DecisionContext } from '../core/decisionContext.ts'
import type { ConfigurationPlan } from '../core/planConfiguration.ts'
import type { Run, RunKind } from '../core/run.ts'
import type { ExchangeConfiguration, Policy } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { contextOf, planFor } from './planFor.ts'

/** Runs that are looked through for the newest configuration: quick ones read it every minute. */
const runsLookedAt = 20

/** Exchange's configuration as the newest run read it. Throws AppError conflict when none has. */
export async function lastConfiguration(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
): Promise<ExchangeConfiguration> {
  const runs = await store.runs(connectorId, runsLookedAt)
  const read = runs.filter(({ configuration }) => configuration !== null)
  const newest = read.toSorted((a, b) => ((a.gatheredAt ?? '') < (b.gatheredAt ?? '') ? 1 : -1))[0]?.configuration
  const found = newest ?? (await store.document(connectorId, 'exchange'))?.value
  if (found) return found
  throw new AppError(
    'conflict',
    `nothing of connector ${connectorId} has been read yet; start a full sync (a dry run will do) and ask again`,
  )
}

/** `kind`: full, with Exchange's configuration made equal to the policy; quick, with it as it is. Throws AppError conflict. */
export async function contextNow(
  ports: Pick<Ports, 'store' | 'clock' | 'compilePattern'>,
  connectorId: string,
  policy: Policy,
  kind: RunKind,
): Promise<{
  readonly context: DecisionContext
  readonly plan: ConfigurationPlan
  /** As it was read last. */
  readonly configuration: ExchangeConfiguration
}> {
  const configuration = await lastConfiguration(ports, connectorId)
  const startedAt = ports.clock.now().toISOString()
  const like: Parameters<typeof contextOf>[1] & Pick<Run, 'startedAt'> = {
    id: 'preview',
    step: 'decide',
    connectorId,
    kind,
    policy,
    configuration,
    startedAt,
  }
  const plan = await planFor(ports, like)
  return { plan, context: contextOf(ports, like, plan), configuration }
}
