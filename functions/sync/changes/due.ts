/** Mailboxes that are to be decided again at a time, although nothing of theirs changes. */
import type { Facts } from '../../core/conditions.ts'
import type { DecisionContext } from '../../core/decisionContext.ts'
import { dayMs, syncDaysOf } from '../../core/extraRules.ts'
import type { Run } from '../../core/run.ts'
import type { StoredDecision } from '../../core/types.ts'
import type { Ports } from '../../ports.ts'
import type { Place, StoredChange } from '../../portsStore.ts'

/** In one run; the rest waits for the next. */
const mostDue = 500
const failedRetryMs = 15 * 60_000
/** Longer than from one daily full sync to the next, which looks ahead again. */
const soonMs = 2 * dayMs

export async function dueMailboxes({ store }: Ports, { connectorId }: Run, until: string): Promise<readonly Place[]> {
  return listDue(store, connectorId, until)
}

/**
 * What a run that is done has dealt with: everything that was due when it began to read. What was written since that run listed it (a pin) is of the
 * next one; which it was cannot be told, so then all of it stays and is decided once more.
 */
export async function forgetDue({ store }: Ports, { connectorId, gatheredAt, mode, counts }: Run): Promise<void> {
  const listed = counts['found.due'] ?? 0
  if (gatheredAt === null || (mode === 'changes' && listed === 0)) return
  const due = await listDue(store, connectorId, gatheredAt)
  if (due.length === 0 || (mode === 'changes' && due.length !== listed)) return
  await store.writePlaces(connectorId, [], due)
}

async function listDue(store: Ports['store'], connectorId: string, to: string): Promise<readonly Place[]> {
  return store.listPlaces(connectorId, 'due', { after: '', to, top: mostDue })
}

/*
 * record                                           | due
 * decided newRecordGrace                           | when the grace ends
 * still discovered                                 | at the next quick sync
 * pinned until then                                | when the pin ends
 * matched, and an extra rule counts days of silence | when it has been silent for so long, if that is before the next full sync
 */
export function dueOf(
  mailboxGuid: string,
  { record, pin, device }: Facts,
  decision: StoredDecision | undefined,
  { newRecordGraceMs, nowMs, policy }: DecisionContext,
): Place[] {
  const times: number[] = []
  if (record.state === 'deviceDiscovery') times.push(nowMs + 1)
  if (pin?.until) times.push(Date.parse(pin.until))
  if (decision?.reason === 'newRecordGrace' && record.firstSync !== null)
    times.push(Date.parse(record.firstSync) + newRecordGraceMs)
  const lastSyncMs = device?.lastSync ? Date.parse(device.lastSync) : null
  for (const days of lastSyncMs === null ? [] : syncDaysOf(policy.settings.extraRules)) {
    const silentAt = (lastSyncMs ?? 0) + days * dayMs
    if (silentAt > nowMs && silentAt < nowMs + soonMs) times.push(silentAt)
  }
  return times.map((timeMs) => dueAt(mailboxGuid, timeMs))
}

export function dueAt(mailboxGuid: string, timeMs: number): Place {
  return { kind: 'due', id: new Date(timeMs).toISOString(), mailboxGuid, data: '' }
}

/*
 * outcome           | due
 * changedSinceRead  | at the next quick sync
 * failed            | in a quarter of an hour
 * any other         | -
 */
export function dueAfter({ change, outcome }: StoredChange, nowMs: number): Place[] {
  if ((change.kind !== 'lists' && change.kind !== 'assignment') || !outcome) return []
  const waitMs = outcome.state === 'changedSinceRead' ? 0 : outcome.state === 'failed' ? failedRetryMs : null
  if (waitMs === null) return []
  return [dueAt(change.mailboxGuid, nowMs + waitMs)]
}
