/** What a timer does for one connector: starts the syncs that its schedule says are due, and sees to those that are on their way. */
import { dueSyncs, type Due } from '../core/schedule.ts'
import { newConnector, type ConnectorState, type RunKind } from '../core/run.ts'
import { defaultPolicy, withDefaults } from '../core/settings.ts'
import type { Ports } from '../ports.ts'
import { checkNotRetired } from './checkNotRetired.ts'
import { readConnector } from './connector.ts'
import { logConnectorState } from './logConnectorState.ts'
import { startPending } from './startPending.ts'
import { isAlive, startRun, type Started } from './startRun.ts'

export interface StartedSync extends Started {
  readonly kind: RunKind
}

/*
 * timer | the connector's schedule           | what is started
 * full  | has no times of its own            | a full sync
 * full  | has                                | nothing: the quick timer's tick looks at them
 * quick | a full sync is due                 | that first, so that the quick one runs beside its gathering
 * quick | a quick sync is due                | it
 * quick | none is due                        | what waits or stands still goes on, as a quick sync's start would see to
 */
/** None where nothing is due. Throws AppError connectorRetired. */
export async function startDue(ports: Ports, timer: RunKind, connectorId: string): Promise<readonly StartedSync[]> {
  const state = (await readConnector(ports, connectorId))?.value ?? newConnector(connectorId)
  const { settings } = withDefaults((await ports.store.document(connectorId, 'policy'))?.value ?? defaultPolicy)
  const { schedule } = settings
  if (timer === 'quick') await logConnectorState(ports, state, schedule)
  checkNotRetired(state)
  const start = async (kind: RunKind, slot: string | null): Promise<StartedSync> => ({
    kind,
    ...(await startRun(ports, { connectorId, kind, askedBy: 'timer', dryRun: false, slot })),
  })
  if (timer === 'full') return schedule.fullSyncAt === null ? [await start('full', null)] : []
  if (state.staleRun !== null) await isAlive(ports, connectorId, state.staleRun)
  const due = dueSyncs(schedule, state, ports.clock.now())
  if (isNothing(due)) await keepGoing(ports, state)
  return [
    ...(due.full === null ? [] : [await start('full', due.full)]),
    ...(due.quick === null ? [] : [await start('quick', due.quick.slot)]),
  ]
}

function isNothing({ full, quick }: Due): boolean {
  return full === null && quick === null
}

/** Where quick syncs are rare, a run that lost its message, or a full sync that waits, would otherwise wait as long. */
async function keepGoing(ports: Ports, { id, running, pendingFull }: ConnectorState): Promise<void> {
  for (const runId of [running.full, running.quick]) if (runId !== null) await isAlive(ports, id, runId)
  if (pendingFull) await startPending(ports, id)
}
