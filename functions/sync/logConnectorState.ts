/** One log line for each connector at every tick of the quick timer: what alerts watch. */
import type { ConnectorState } from '../core/run.ts'
import type { Schedule } from '../core/schedule.ts'
import type { Ports } from '../ports.ts'

/** Ages in whole minutes; null: it never was. noRelayMinutes 0: a relay was there when somebody last looked. */
export async function logConnectorState(
  ports: Ports,
  state: ConnectorState,
  { quickMinutes }: Schedule,
): Promise<void> {
  const now = ports.clock.now()
  const { id: connectorId, heldRun, noRelaySince, lastFullSync, lastQuickSync, retired, problem } = state
  const held = heldRun === null ? null : await ports.store.run(connectorId, heldRun)
  ports.log.info('connectorState', {
    connectorId,
    retired: retired !== null,
    heldRun,
    heldMinutes: held?.value.state === 'held' ? minutesSince(held.value.updatedAt, now) : null,
    noRelayMinutes: noRelaySince === null ? 0 : Math.max(1, minutesSince(noRelaySince, now)),
    fullSyncAgeMinutes: lastFullSync === null ? null : minutesSince(lastFullSync, now),
    quickSyncAgeMinutes: lastQuickSync === null ? null : minutesSince(lastQuickSync, now),
    /** What the connector's schedule asks for; null: no quick syncs. */
    quickMinutes,
    problem: problem?.code ?? null,
  })
}

function minutesSince(iso: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(iso)) / 60_000))
}
