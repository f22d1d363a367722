/** Why one EAS record is decided as it is, and which of Exchange's layers will win on the server. Pure. */
import type { Activation } from './activation.ts'
import { trace } from './decide.ts'
import { decideMailbox, type MailboxFacts, type MailboxVerdict } from './decideMailbox.ts'
import type { DecisionContext } from './decisionContext.ts'
import { deviceKey, easKey } from './deviceKey.ts'
import { baseAccess } from './exchangeAccess.ts'
import type { AssignmentVerdict, OwnAssignment, PolicyName } from './planAssignment.ts'
import type { Facts } from './conditions.ts'
import { membership, type EntryEdit, type Membership } from './plan.ts'
import type { AccessLevel, AccessRule, EasRecord, Mailbox, Owner, StoredDecision } from './types.ts'
import type { TraceLine } from './traceLine.ts'
import type { ServerRules } from './exchangeAccess.ts'

/** What Exchange does with the record when it connects, and which of its layers decides that. */
export interface ServerAccess {
  readonly access: AccessLevel
  readonly layer: 'activeSyncDisabled' | 'mailboxPolicy' | 'personalList' | 'accessRule' | 'default'
  /** The list, the rule, or null. */
  readonly list: 'allowed' | 'blocked' | null
  readonly rule: AccessRule | null
}

/** Where the Intune device of the record is known from. */
export interface MatchOrigin {
  /** easDeviceId: Intune's own word. activation: a person's. null: there is no match. */
  readonly by: 'easDeviceId' | 'activation' | null
  /** The record's own, whatever became of it; which links it used up is nobody's business. */
  readonly activation: Omit<Activation, 'usedLinks'> | null
}

/** The EAS mailbox policy of the mailbox. */
export interface MailboxPolicyNow {
  /** false: Exchange did not say. */
  readonly isKnown: boolean
  /** As Exchange prints it; null: its default. */
  readonly now: string | null
  /** What easgate gave it, and what comes back. */
  readonly own: OwnAssignment | null
  /** What a sync would give it; `after` null: Exchange's default. null: nothing. */
  readonly planned: { readonly after: PolicyName | null } | null
  /** Why it is left without easgate's. */
  readonly left: AssignmentVerdict['left']
}

export interface Explanation {
  readonly owner: Owner | null
  readonly candidates: readonly Owner[]
  readonly match: MatchOrigin
  readonly mailboxPolicy: MailboxPolicyNow
  readonly decision: StoredDecision
  /** Every row of the decision table that was asked, up to the one that decided. */
  readonly trace: readonly TraceLine[]
  readonly lists: { readonly now: Membership; readonly planned: Membership }
  readonly exchange: { readonly now: ServerAccess; readonly planned: ServerAccess }
}

/** null: the mailbox has no such record. */
export function explain(mailboxFacts: MailboxFacts, context: DecisionContext, record: string): Explanation | null {
  // A quick run's: it does not count towards row 2's two full syncs
  const verdict = decideMailbox(mailboxFacts, context, { id: 'explain', kind: 'quick' })
  const index = mailboxFacts.records.findIndex((one) => one.record.guid === record)
  const [facts, decision] = [verdict.facts[index], verdict.decisions[index]]
  if (!facts || !decision) return null
  const now = membership(facts.onAllowed, facts.onBlocked)
  const edits = verdict.changes.flatMap((change) => (change.kind === 'lists' ? change.edits : []))
  const planned = plannedFor(facts.record, now, edits)
  return {
    owner: verdict.owner,
    candidates: mailboxFacts.candidates,
    match: matchOrigin(facts, mailboxFacts),
    mailboxPolicy: mailboxPolicyNow(mailboxFacts, verdict),
    decision,
    trace: trace(facts, context),
    lists: { now, planned },
    exchange: {
      now: serverAccess(facts.record, facts.mailbox, now, context.current),
      planned: serverAccess(facts.record, facts.mailbox, planned, context.planned),
    },
  }
}

function matchOrigin({ record, device }: Facts, { activations }: MailboxFacts): MatchOrigin {
  const isIntunes = device?.easDeviceId && easKey(device.easDeviceId) === easKey(record.deviceId)
  const own = activations.find((one) => one.record === record.guid)
  if (!own) return { by: device && 'easDeviceId', activation: null }
  const { usedLinks: _used, ...activation } = own
  return { by: device && (isIntunes ? 'easDeviceId' : 'activation'), activation }
}

function mailboxPolicyNow(
  { mailbox, assignment: own = null }: MailboxFacts,
  { changes, assignment: { left } }: MailboxVerdict,
): MailboxPolicyNow {
  const [change] = changes.filter(({ kind }) => kind === 'assignment')
  const now = mailbox?.activeSyncPolicy
  const planned = change?.kind === 'assignment' ? { after: change.after } : null
  return { isKnown: now !== undefined, now: now ?? null, own, planned, left }
}

function plannedFor({ deviceId }: EasRecord, now: Membership, edits: readonly EntryEdit[]): Membership {
  const key = deviceKey(deviceId)
  return edits.find((edit) => deviceKey(edit.deviceId) === key)?.after ?? now
}

/*
 * The first that fits wins (facts A10):
 *
 * layer              | fits
 * activeSyncDisabled | ActiveSync is off for the mailbox: nothing is let in
 * mailboxPolicy      | Exchange said Blocked by Policy: the phone does not keep the mailbox's EAS policy; beats an individual allow
 * personalList       | the id is on Blocked, or else on Allowed
 * accessRule         | a rule names it; block before quarantine before allow
 * default            | any
 */
function serverAccess(record: EasRecord, mailbox: Mailbox | null, on: Membership, server: ServerRules): ServerAccess {
  const nothing = { list: null, rule: null }
  if (mailbox && !mailbox.isActiveSyncEnabled) return { access: 'block', layer: 'activeSyncDisabled', ...nothing }
  if (record.state === 'blocked' && record.stateReason?.toLowerCase() === 'policy')
    return { access: 'block', layer: 'mailboxPolicy', ...nothing }
  if (on === 'blocked' || on === 'both') return { access: 'block', layer: 'personalList', list: 'blocked', rule: null }
  if (on === 'allowed') return { access: 'allow', layer: 'personalList', list: 'allowed', rule: null }
  const { level, by, rule } = baseAccess(record, server)
  return { access: level, layer: by === 'rule' ? 'accessRule' : 'default', list: null, rule }
}
