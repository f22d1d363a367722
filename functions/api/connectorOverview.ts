/** easgate/connectors/{id}: a connector with what Graph's resource has no place for: which server and why, its schedule, and what a person must do. */
import { newConnector } from '../core/run.ts'
import { nextFullSync } from '../core/schedule.ts'
import { defaultPolicy, withDefaults } from '../core/settings.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { connectorStatus } from './connectorStatus.ts'
import { connectorToDo } from './connectorToDo.ts'

/** `toDo`: sentences for a person; none: it works by itself. Throws AppError notFound. */
export async function getOverview(call: Call): Promise<Answer> {
  const id = connectorInPath(call)
  const { store, clock } = call.ports
  const [found, relays, policy] = await Promise.all([
    store.document(id, 'connector'),
    store.relays(id),
    store.document(id, 'policy'),
  ])
  const state = { ...newConnector(id), ...found?.value }
  const { schedule } = withDefaults(policy?.value ?? defaultPolicy).settings
  const { organization, relay, lastFullSync, lastQuickSync, heldRun, noRelaySince, problem, retired, retiring } = state
  const body = {
    id,
    name: call.connectors.find((one) => one.id === id)?.name ?? id,
    status: connectorStatus(relays, state, clock.now()),
    organization,
    relay,
    noRelaySince,
    // null: at the ticks of FULL_SYNC_SCHEDULE, which the platform alone knows; of a retired one: never
    schedule: { ...schedule, nextFullSync: retired ? null : nextFullSync(schedule, state, clock.now()) },
    lastFullSync,
    lastQuickSync,
    heldRun,
    stale: await staleUnderWay(call, id, state.staleRun),
    retired,
    retiring,
    problem,
    toDo: await connectorToDo(call.ports, state, relays),
  }
  return { status: 200, body }
}

/** The search for stale partnerships, or their removal, that is on its way; null: there is none. */
async function staleUnderWay({ ports }: Call, connectorId: string, runId: string | null) {
  const run = runId === null ? null : (await ports.store.run(connectorId, runId))?.value
  if (run?.state !== 'running') return null
  const { step, askedBy, startedAt, stale } = run
  return { runId, removes: step === 'removeStale', askedBy, startedAt, found: stale?.found ?? 0 }
}
