/** One mailbox, start to end: resolve → match → decide → plan. Everything that a run decides goes through here. Pure. */
import type { Activation } from './activation.ts'
import { isAdopted, type Facts } from './conditions.ts'
import { decide, trace } from './decide.ts'
import type { DecisionContext } from './decisionContext.ts'
import { deviceKey, findEntry } from './deviceKey.ts'
import { baseAccess, effectiveAccess } from './exchangeAccess.ts'
import { match } from './match.ts'
import { membership, type Adoption, type ListChange, type MailboxChange, type Membership } from './plan.ts'
import { planAssignment, type AssignmentVerdict, type OwnAssignment } from './planAssignment.ts'
import { planLists, type DecidedRecord } from './planLists.ts'
import { ownLists } from './ownLists.ts'
import { holdingPin, type Pin } from './pin.ts'
import { resolveOwner } from './resolveOwner.ts'
import type { Decision, EasRecord, IntuneDevice, List, Mailbox, OwnEntry, Owner, StoredDecision } from './types.ts'

export interface MailboxFacts {
  /** null: EAS records whose mailbox Exchange did not list. */
  readonly mailbox: Mailbox | null
  /** Users that some evidence ties to the mailbox. */
  readonly candidates: readonly Owner[]
  /** Intune devices of those users. */
  readonly devices: readonly IntuneDevice[]
  readonly records: readonly { readonly record: EasRecord; readonly previous: StoredDecision | null }[]
  /** Entries that easgate made or took away, as recorded. */
  readonly entries: readonly OwnEntry[]
  /** The mailbox policy that easgate gave it, as recorded. */
  readonly assignment?: OwnAssignment | null
  /** The records' own pins, ended ones too. */
  readonly pins: readonly Pin[]
  /** The records' activations, whatever became of them. */
  readonly activations: readonly Activation[]
  /** When the reading of the lists began, Unix milliseconds. */
  readonly readAtMs: number
}

export interface MailboxVerdict {
  readonly owner: Owner | null
  /** One for each record, in their order; so are the facts that it was made by. */
  readonly decisions: readonly StoredDecision[]
  readonly facts: readonly Facts[]
  readonly changes: readonly MailboxChange[]
  /** Recorded entries that say nothing any more: their rows go. */
  readonly obsolete: readonly OwnEntry[]
  readonly assignment: Pick<AssignmentVerdict, 'isObsolete' | 'left'>
  /** Per record: what Exchange does now, and what it will do once the plan is carried out. */
  readonly effects: readonly { readonly now: Decision['access']; readonly after: Decision['access'] }[]
}

/** `run`: a complete full sync counts towards row 2's two syncs, a quick one does not. */
export function decideMailbox(
  facts: MailboxFacts,
  context: DecisionContext,
  run: { readonly id: string; readonly kind: 'full' | 'quick' },
): MailboxVerdict {
  const owner = resolveOwner(facts.candidates)
  const own = facts.mailbox && ownLists(facts.mailbox, facts.entries, facts.readAtMs)
  const mailbox = facts.mailbox && own && { ...facts.mailbox, ...own.lists }
  const present = own?.present ?? []
  const decided = facts.records.map(({ record, previous }) => {
    const known = factsOf(record, { ...facts, mailbox }, owner, present, context)
    const decision = withUnresolved(decide(known, context), previous, run)
    return { record, facts: known, decision }
  })
  const changes = mailbox ? planLists(mailbox, decided, present, context, traceOf(context)) : []
  const { assignment: recorded = null, readAtMs } = facts
  const assignment = mailbox && planAssignment({ mailbox, owner, recorded, readAtMs }, context)
  const assignments = assignment?.change ? [assignment.change] : []
  return {
    owner,
    decisions: decided.map(({ decision }) => decision),
    facts: decided.map((one) => one.facts),
    changes: mailbox ? [...adoption(mailbox, decided, present, context), ...changes, ...assignments] : changes,
    obsolete: own?.obsolete ?? [],
    assignment: { isObsolete: assignment?.isObsolete ?? false, left: assignment?.left ?? null },
    effects: decided.map((one) => effectOf(one, changes, context)),
  }
}

function factsOf(
  record: EasRecord,
  { mailbox, devices, pins, activations }: MailboxFacts,
  owner: Owner | null,
  present: readonly OwnEntry[],
  context: DecisionContext,
): Facts {
  const key = deviceKey(record.deviceId)
  const onAllowed = mailbox !== null && findEntry(mailbox.allowed, key) !== undefined
  const onBlocked = mailbox !== null && findEntry(mailbox.blocked, key) !== undefined
  const pin = holdingPin(record.guid, pins, context.nowMs)
  const adopts = isAdopted({ record, mailbox, owner, pin }, context)
  return {
    record,
    mailbox,
    owner,
    device: owner && match(record, owner, devices, activations),
    pin,
    onAllowed,
    onBlocked,
    ownAllowed: onAllowed && (adopts || owns(present, key, 'allowed')),
    ownBlocked: onBlocked && (adopts || owns(present, key, 'blocked')),
    base: baseAccess(record, context.planned),
  }
}

function owns(entries: readonly OwnEntry[], key: string, list: List): boolean {
  for (const entry of entries) if (entry.list === list && deviceKey(entry.deviceId) === key) return true
  return false
}

/** Counts the complete full syncs in which no user was found; a step that is repeated counts once. */
function withUnresolved(
  decision: Decision,
  previous: StoredDecision | null,
  run: { readonly id: string; readonly kind: 'full' | 'quick' },
): StoredDecision {
  if (decision.reason !== 'unresolvedUser') return decision
  const before = previous?.unresolved
  if (run.kind !== 'full' || before?.runId === run.id) return before ? { ...decision, unresolved: before } : decision
  return { ...decision, unresolved: { syncs: (before?.syncs ?? 0) + 1, runId: run.id } }
}

function adoption(
  mailbox: Mailbox,
  decided: readonly DecidedRecord[],
  present: readonly OwnEntry[],
  context: DecisionContext,
): Adoption[] {
  if (context.policy.settings.manualEntries !== 'adopt') return []
  const entries = decided.flatMap(({ record, facts }) => {
    if (!isAdopted({ ...facts, mailbox }, context)) return []
    const key = deviceKey(record.deviceId)
    const isForeign = (list: List, isOn: boolean) => isOn && !owns(present, key, list)
    const lists = [
      isForeign('allowed', facts.onAllowed) ? 'allowed' : null,
      isForeign('blocked', facts.onBlocked) ? 'blocked' : null,
    ] as const
    return lists.flatMap((list) => (list ? [{ deviceId: record.deviceId, list }] : []))
  })
  // Two records may share an id; its entry is one
  const distinct = [...new Map(entries.map((entry) => [`${entry.list}|${deviceKey(entry.deviceId)}`, entry])).values()]
  return distinct.length === 0 ? [] : [{ kind: 'adopt', phase: 1, mailboxGuid: mailbox.guid, entries: distinct }]
}

function traceOf(context: DecisionContext) {
  return (facts: Facts) => trace(facts, context)
}

function effectOf({ record, facts }: DecidedRecord, changes: readonly ListChange[], context: DecisionContext) {
  const now = membership(facts.onAllowed, facts.onBlocked)
  const after = changes.length === 0 ? now : afterChanges(record, now, changes)
  return {
    // On a list, the rules are not asked
    now: now === 'neither' ? baseAccess(record, context.current).level : effectiveAccess(now, facts.base.level),
    after: effectiveAccess(after, facts.base.level),
  }
}

function afterChanges(record: EasRecord, now: Membership, changes: readonly ListChange[]): Membership {
  const key = deviceKey(record.deviceId)
  for (const change of changes) {
    for (const edit of change.edits) if (deviceKey(edit.deviceId) === key) return edit.after
  }
  return now
}
