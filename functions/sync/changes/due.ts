/** Mailboxes that are to be decided again at a time, although nothing of theirs changes. */
import type { DecisionContext } from '../../core/decisionContext.ts'
import type { Run } from '../../core/run.ts'
import type { EasRecord, StoredDecision } from '../../core/types.ts'
import type { Ports } from '../../ports.ts'
import type { Place, StoredChange } from '../../portsStore.ts'

/** In one run; the rest waits for the next. */
const mostDue = 500
const failedRetryMs = 15 * 60_000

export async function dueMailboxes({ store }: Ports, { connectorId }: Run, until: string): Promise<string[]> {
  const due = await listDue(store, connectorId, until)
  return [...new Set(due.map(({ mailboxGuid }) => mailboxGuid))]
}

/** What a run that is done has dealt with: everything that was due when it began to read. */
export async function forgetDue({ store }: Ports, { connectorId, gatheredAt, mode, counts }: Run): Promise<void> {
  if (gatheredAt === null || (mode === 'changes' && !counts['found.due'])) return
  const due = await listDue(store, connectorId, gatheredAt)
  if (due.length > 0) await store.writePlaces(connectorId, [], due)
}

async function listDue(store: Ports['store'], connectorId: string, to: string): Promise<readonly Place[]> {
  return store.listPlaces(connectorId, 'due', { after: '', to, top: mostDue })
}

/*
 * record decided as     | due
 * newRecordGrace        | when the grace ends
 * still discovered      | at the next quick sync
 */
export function dueOf(
  mailboxGuid: string,
  record: EasRecord,
  decision: StoredDecision | undefined,
  { newRecordGraceMs, nowMs }: DecisionContext,
): Place[] {
  const at = (timeMs: number): Place[] => [{ kind: 'due', id: new Date(timeMs).toISOString(), mailboxGuid, data: '' }]
  if (record.state === 'deviceDiscovery') return at(nowMs + 1)
  if (decision?.reason !== 'newRecordGrace' || record.firstSync === null) return []
  return at(Date.parse(record.firstSync) + newRecordGraceMs)
}

/*
 * outcome           | due
 * changedSinceRead  | at the next quick sync
 * failed            | in a quarter of an hour
 * any other         | -
 */
export function dueAfter({ change, outcome }: StoredChange, nowMs: number): Place[] {
  if (change.kind !== 'lists' || !outcome) return []
  const waitMs = outcome.state === 'changedSinceRead' ? 0 : outcome.state === 'failed' ? failedRetryMs : null
  if (waitMs === null) return []
  return [{ kind: 'due', id: new Date(nowMs + waitMs).toISOString(), mailboxGuid: change.mailboxGuid, data: '' }]
}
