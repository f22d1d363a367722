/** From decisions to edits of a mailbox's two lists: what must be added and taken away, and in which phase. Pure. */
import type { Facts } from './conditions.ts'
import type { DecisionContext } from './decisionContext.ts'
import { deviceKey, findEntry } from './deviceKey.ts'
import { membership, type EntryEdit, type ListChange, type Membership } from './plan.ts'
import type { EasRecord, Mailbox, OwnEntry, Reason, StoredDecision } from './types.ts'
import type { TraceLine } from './traceLine.ts'

export interface DecidedRecord {
  readonly record: EasRecord
  readonly facts: Facts
  readonly decision: StoredDecision
}

/** What easgate wants for an id. */
type Wish = 'blocked' | 'unlisted' | 'allowed' | 'withdrawn' | 'allowWithdrawn' | 'untouched'

/** Two records of one mailbox may share a DeviceId: keeping out wins over letting in, a wish wins over none. */
const priority: Record<Wish, number> = {
  blocked: 5,
  unlisted: 4,
  allowed: 3,
  withdrawn: 2,
  allowWithdrawn: 1,
  untouched: 0,
}

/** Two complete full syncs without a user before easgate's allow is withdrawn (design.md 6, Leave). */
const unresolvedSyncsBeforeWithdrawal = 2

/*
 * decision                                                  | wish
 * allow                                                     | allowed
 * block, or quarantine with fallback                        | blocked
 * quarantine                                                | unlisted: the rule or default quarantines it
 * leave: outOfScope, exempt, platformRule, newRecordGrace,  | withdrawn
 *        compliant and inGracePeriod (override off)         |
 * leave: unresolvedUser                                     | untouched, after two complete full syncs allowWithdrawn
 * leave: notEvaluated, manualEntry                          | untouched
 * an entry of easgate's whose record is gone                | withdrawn
 */
function wishOf({ access, reason, fallback, unresolved }: StoredDecision): Wish {
  if (access === 'allow') return 'allowed'
  if (access === 'block' || fallback === 'block') return 'blocked'
  if (access === 'quarantine') return 'unlisted'
  if (reason === 'notEvaluated' || reason === 'manualEntry') return 'untouched'
  if (reason !== 'unresolvedUser') return 'withdrawn'
  return (unresolved?.syncs ?? 0) >= unresolvedSyncsBeforeWithdrawal ? 'allowWithdrawn' : 'untouched'
}

/*
 * wish           | lists after                                      | phase
 * allowed        | on Allowed, off Blocked                          | 1
 * blocked        | on Blocked, off Allowed                          | 4
 * unlisted       | off both                                         | 4: only then does the organization's default hold it
 * withdrawn      | easgate's entries off                            | 1 for a block, 4 for an allow; all 4 while the policy is off,
 *                |                                                  |   because the remembered default comes back first
 * allowWithdrawn | easgate's allow off                              | 4
 * An id is added only where it is missing, and taken away only where it is: a second run plans nothing.
 */
export function planLists(
  mailbox: Mailbox,
  decided: readonly DecidedRecord[],
  ownEntries: readonly OwnEntry[],
  context: DecisionContext,
  trace: (facts: Facts) => readonly TraceLine[],
): ListChange[] {
  const first: EntryEdit[] = []
  const last: EntryEdit[] = []
  for (const one of strongestPerId(decided)) {
    const edit = editFor(one, trace)
    if (edit) (phaseOf(edit, one, context) === 1 ? first : last).push(edit)
  }
  last.push(...cleanUps(mailbox, decided, ownEntries))
  const changes: ListChange[] = []
  if (first.length > 0) changes.push({ kind: 'lists', phase: 1, mailboxGuid: mailbox.guid, edits: first })
  if (last.length > 0) changes.push({ kind: 'lists', phase: 4, mailboxGuid: mailbox.guid, edits: last })
  return changes
}

function strongestPerId(decided: readonly DecidedRecord[]): readonly DecidedRecord[] {
  if (decided.length < 2) return decided
  const byKey = new Map<string, DecidedRecord>()
  for (const one of decided) {
    const key = deviceKey(one.record.deviceId)
    const other = byKey.get(key)
    if (!other || isStronger(one, other)) byKey.set(key, one)
  }
  return [...byKey.values()]
}

function isStronger(a: DecidedRecord, b: DecidedRecord): boolean {
  const difference = priority[wishOf(a.decision)] - priority[wishOf(b.decision)]
  return difference === 0 ? a.record.guid < b.record.guid : difference > 0
}

function editFor(
  { record, facts, decision }: DecidedRecord,
  trace: (facts: Facts) => readonly TraceLine[],
): EntryEdit | null {
  const before = membership(facts.onAllowed, facts.onBlocked)
  const after = wanted(wishOf(decision), facts, before)
  if (after === before) return null
  const { access, reason } = decision
  return { deviceId: record.deviceId, before, after, record: record.guid, access, reason, trace: trace(facts) }
}

function wanted(wish: Wish, facts: Facts, before: Membership): Membership {
  if (wish === 'allowed' || wish === 'blocked') return wish
  if (wish === 'unlisted') return 'neither'
  if (wish === 'untouched') return before
  const staysAllowed = facts.onAllowed && !facts.ownAllowed
  const staysBlocked = facts.onBlocked && !(wish === 'withdrawn' && facts.ownBlocked)
  return membership(staysAllowed, staysBlocked)
}

function phaseOf(edit: EntryEdit, { decision }: DecidedRecord, { policy }: DecisionContext): 1 | 4 {
  if (edit.after === 'allowed') return 1
  const isWithdrawnBlock = wishOf(decision) === 'withdrawn' && edit.before === 'blocked'
  return isWithdrawnBlock && policy.enabled ? 1 : 4
}

/** Entries that easgate made for ids that no record has any more (facts A6, E3). */
function cleanUps(mailbox: Mailbox, decided: readonly DecidedRecord[], ownEntries: readonly OwnEntry[]): EntryEdit[] {
  if (ownEntries.length === 0) return []
  const alive = new Set(decided.map(({ record }) => deviceKey(record.deviceId)))
  const orphans = new Map<string, OwnEntry[]>()
  for (const entry of ownEntries) {
    const key = deviceKey(entry.deviceId)
    if (!alive.has(key)) orphans.set(key, [...(orphans.get(key) ?? []), entry])
  }
  return [...orphans].map(([key, entries]) => {
    const isOn = {
      allowed: findEntry(mailbox.allowed, key) !== undefined,
      blocked: findEntry(mailbox.blocked, key) !== undefined,
    }
    const isOwn = {
      allowed: entries.some((e) => e.list === 'allowed'),
      blocked: entries.some((e) => e.list === 'blocked'),
    }
    const after = membership(isOn.allowed && !isOwn.allowed, isOn.blocked && !isOwn.blocked)
    const reason: Reason | 'recordGone' = 'recordGone'
    return {
      deviceId: entries[0]?.deviceId ?? key,
      before: membership(isOn.allowed, isOn.blocked),
      after,
      record: null,
      access: 'leave' as const,
      reason,
      trace: [],
    }
  })
}
