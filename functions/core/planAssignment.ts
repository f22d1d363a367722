/** Which mailboxes get easgate's EAS mailbox policy, and which get back what stood there before. Pure. */
import { isEvaluatedMailbox, isPolicyFor } from './conditions.ts'
import type { DecisionContext } from './decisionContext.ts'
import { scopeOf } from './scope.ts'
import type { PolicyAssignment } from './plan.ts'
import type { Mailbox, Owner } from './types.ts'

export interface PolicyName {
  readonly name: string
  /** null: not known, or not made yet. */
  readonly guid: string | null
}

/** On record before its command is sent: the mailbox has a policy of easgate's, or is about to. */
export interface OwnAssignment {
  readonly policy: PolicyName
  /** What comes back; null: Exchange's default. */
  readonly before: PolicyName | null
  readonly runId: string
  /** ISO-8601 UTC. */
  readonly since: string
  /** When it was assigned again because somebody had taken it away, ISO-8601 UTC; of one day. */
  readonly mended?: readonly string[]
  /** The command is on its way, or nobody knows its end. */
  readonly isPending?: true
}

/** What a run knows of mailbox policies. */
export interface Assigning {
  /** unknown: the settings want one, and it is not there or cannot be seen; who has it keeps it, nobody new gets it. */
  readonly wanted: PolicyName | 'none' | 'unknown'
  /** Policies that easgate made, under every name they have. */
  readonly own: readonly PolicyName[]
  /** All of Exchange's; empty: they cannot be seen. */
  readonly existing: readonly PolicyName[]
  /** Read by this very run: what is not among them is gone. */
  readonly isWhole: boolean
}

export interface AssignmentFacts {
  readonly mailbox: Mailbox
  readonly owner: Owner | null
  readonly recorded: OwnAssignment | null
  /** When the reading of the mailbox began, Unix milliseconds. */
  readonly readAtMs: number
}

export interface AssignmentVerdict {
  readonly change: PolicyAssignment | null
  /** The recorded assignment says nothing any more: its row goes. */
  readonly isObsolete: boolean
  /** Why a mailbox that should have the policy is left without. */
  readonly left: 'foreign' | 'drift' | 'fighting' | null
}

/** The guard of drift.ts for one mailbox: thrice in a day, and then nobody but a person goes on. */
const mostMends = 3
const dayMs = 24 * 60 * 60_000
const nothing: AssignmentVerdict = { change: null, isObsolete: false, left: null }

/*
 * wanted here    | has now                      | recorded | what is done
 * not known      | any                          | any      | nothing: missing data changes nobody's policy
 * easgate's      | it                           | any      | nothing
 * easgate's      | Exchange's default           | no       | assigned; the default comes back later
 * easgate's      | another of easgate's         | any      | assigned; what stood there first comes back later
 * easgate's      | somebody else's              | any      | left and reported (others: respect), its record forgotten; or assigned, and that comes back later (override)
 * easgate's      | either of these              | pending  | assigned: nobody knows whether it was
 * easgate's      | the default, or (override)   | yes      | drift: assigned again thrice a day, or left (drift: leave)
 *                |   somebody else's            |          |
 * none           | easgate's                    | yes      | what stood there before comes back; the default where it is gone
 * none           | easgate's                    | no       | nothing: a person gave it
 * none           | any other                    | yes      | its record is forgotten: a person chose
 */
export function planAssignment(facts: AssignmentFacts, context: DecisionContext): AssignmentVerdict {
  const { assigning } = context
  const wish = assigning && wishFor(facts, context, assigning)
  if (!assigning || !wish || wish === 'unknown') return nothing
  const { recorded } = facts
  const now = standsNow(facts)
  if (now === undefined) return nothing
  const isOwn = isOneOf(now, recorded ? [...assigning.own, recorded.policy] : assigning.own)
  if (wish === 'none') {
    if (!recorded) return nothing
    return isOwn ? { ...nothing, change: giveBack(facts, recorded, now, assigning) } : { ...nothing, isObsolete: true }
  }
  if (isPolicy(now, wish)) return nothing
  if (now !== null && !isOwn && context.policy.settings.mailboxPolicy?.others !== 'override')
    return { ...nothing, isObsolete: recorded !== null, left: 'foreign' }
  return isOwn || !recorded || recorded.isPending
    ? { ...nothing, change: assign(facts, wish, now, isOwn, assigning) }
    : assignAgain(facts, recorded, assign(facts, wish, now, false, assigning), context)
}

function wishFor({ mailbox, owner }: AssignmentFacts, { policy }: DecisionContext, { wanted }: Assigning) {
  if (!policy.enabled || wanted === 'none') return 'none'
  if (!owner || !isEvaluatedMailbox(mailbox) || scopeOf(mailbox, policy.settings.scope) === 'unknown') return 'unknown'
  // Who is never to be blocked gets no policy that could
  return isPolicyFor(mailbox, owner, policy) && !owner.isExcluded ? wanted : 'none'
}

/** A reading that began before the command was sent does not know of it. undefined: Exchange did not say. */
function standsNow({ mailbox, recorded, readAtMs }: AssignmentFacts): string | null | undefined {
  return recorded && Date.parse(recorded.since) >= readAtMs ? recorded.policy.name : mailbox.activeSyncPolicy
}

function assign(
  { mailbox, recorded }: AssignmentFacts,
  policy: PolicyName,
  now: string | null,
  isOwn: boolean,
  { existing }: Assigning,
): PolicyAssignment {
  const before = isOwn ? (recorded?.before ?? null) : nameOf(now, existing)
  const { guid: mailboxGuid } = mailbox
  return { kind: 'assignment', phase: 3, mailboxGuid, before: now, after: policy, own: { policy, before }, recorded }
}

function assignAgain(
  { recorded, mailbox }: AssignmentFacts,
  { mended = [] }: OwnAssignment,
  change: PolicyAssignment,
  { policy, nowMs }: DecisionContext,
): AssignmentVerdict {
  if (policy.settings.drift === 'leave') return { ...nothing, left: 'drift' }
  const ofToday = mended.filter((at) => nowMs - Date.parse(at) < dayMs)
  if (ofToday.length >= mostMends) return { ...nothing, left: 'fighting' }
  const own = change.own && { ...change.own, mended: ofToday }
  return { ...nothing, change: { ...change, own, recorded, mailboxGuid: mailbox.guid, mends: true } }
}

function giveBack(
  { mailbox }: AssignmentFacts,
  recorded: OwnAssignment,
  now: string | null,
  { existing, isWhole }: Assigning,
): PolicyAssignment {
  const { before } = recorded
  const isGone = before !== null && isWhole && !existing.some((policy) => isSame(policy, before))
  const after = isGone ? null : before
  return { kind: 'assignment', phase: 3, mailboxGuid: mailbox.guid, before: now, after, own: null, recorded }
}

/** As Exchange prints it: by name, or by Guid. null is Exchange's default. */
export function isPolicy(printed: string | null, policy: PolicyName | null): boolean {
  if (printed === null || policy === null) return printed === policy
  const text = printed.toLowerCase()
  return text === policy.name.toLowerCase() || text === policy.guid
}

function isOneOf(printed: string | null, policies: readonly PolicyName[]): boolean {
  return printed !== null && policies.some((policy) => isPolicy(printed, policy))
}

function nameOf(printed: string | null, existing: readonly PolicyName[]): PolicyName | null {
  if (printed === null) return null
  return existing.find((policy) => isPolicy(printed, policy)) ?? { name: printed, guid: null }
}

/** A policy that was renamed is still the one. */
function isSame(a: PolicyName, b: PolicyName): boolean {
  return b.guid === null ? a.name.toLowerCase() === b.name.toLowerCase() : a.guid === b.guid
}
