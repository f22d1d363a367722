/** Why one EAS record is decided as it is, and which of Exchange's layers will win on the server. Pure. */
import { trace } from './decide.ts'
import { decideMailbox, type MailboxFacts } from './decideMailbox.ts'
import type { DecisionContext } from './decisionContext.ts'
import { deviceKey } from './deviceKey.ts'
import { baseAccess } from './exchangeAccess.ts'
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

export interface Explanation {
  readonly owner: Owner | null
  readonly candidates: readonly Owner[]
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
    decision,
    trace: trace(facts, context),
    lists: { now, planned },
    exchange: {
      now: serverAccess(facts.record, facts.mailbox, now, context.current),
      planned: serverAccess(facts.record, facts.mailbox, planned, context.planned),
    },
  }
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
