/** What a plan is made of: changes with before and after, each in one of the four phases of design.md 4. Pure types and keys. */
import type { ConfigurationValues, PolicyProperties, ValueName } from './ownConfiguration.ts'
import type { OwnAssignment, PolicyName } from './planAssignment.ts'
import type { Access, AccessLevel, AccessRule, List, NoticeReason, Reason } from './types.ts'
import type { StaleRecord } from './stale.ts'
import type { TraceLine } from './traceLine.ts'

/** 1 let in by list; 2 loosen the organization; 3 tighten it; 4 keep out by list. A run cut anywhere leaves people in. */
export type Phase = 1 | 2 | 3 | 4

/** Where an id stands on a mailbox's two lists. */
export type Membership = 'allowed' | 'blocked' | 'both' | 'neither'

export function membership(isAllowed: boolean, isBlocked: boolean): Membership {
  if (isAllowed) return isBlocked ? 'both' : 'allowed'
  return isBlocked ? 'blocked' : 'neither'
}

/** One id on one mailbox's lists. */
export interface EntryEdit {
  /** As the record spells it. */
  readonly deviceId: string
  readonly before: Membership
  readonly after: Membership
  /** Guid of the EAS record; null where the record is gone and its entry is cleaned up. */
  readonly record: string | null
  readonly access: Access
  readonly reason: Reason | 'recordGone'
  readonly trace: readonly TraceLine[]
}

/** One Set-CASMailbox: all edits of one mailbox in one phase. */
export interface ListChange {
  readonly kind: 'lists'
  readonly phase: 1 | 4
  readonly mailboxGuid: string
  readonly edits: readonly EntryEdit[]
  /**
   * Of a change that a quick sync found, ISO-8601 UTC: when Exchange says that the mailbox or partnership changed, or when the mailbox was to be decided
   * again (a pin, an end of a time). Graph does not say when a device or user changed: then it is when the reading before began, which did not see it yet.
   * Of several the first.
   */
  readonly changedAt?: string
  /** How many records lose their access by it; left out: none. */
  readonly losing?: number
}

/** One setting of the organization. */
export type ValueChange = {
  readonly [N in ValueName]: {
    readonly kind: N
    readonly before: ConfigurationValues[N]
    readonly after: ConfigurationValues[N]
    /** What stood there before easgate comes back, and is not remembered any longer. */
    readonly restores?: true
  }
}[ValueName]

/** `mends`: the thing whose drift the change mends (drift.ts). */
export type ConfigurationChange = { readonly phase: 2 | 3 | 4; readonly mends?: string } & (
  | ValueChange
  | { readonly kind: 'newRule'; readonly rule: AccessRule }
  | { readonly kind: 'setRule'; readonly rule: AccessRule; readonly level: AccessLevel }
  | { readonly kind: 'removeRule'; readonly rule: AccessRule }
  | { readonly kind: 'newPolicy'; readonly name: string; readonly properties: PolicyProperties }
  | {
      readonly kind: 'setPolicy'
      readonly guid: string
      readonly name: string
      readonly before: PolicyProperties
      readonly properties: PolicyProperties
    }
  | { readonly kind: 'removePolicy'; readonly guid: string; readonly name: string }
)

/** Entries that were there before easgate are recorded as its own (setting adopt); no command is sent. */
export interface Adoption {
  readonly kind: 'adopt'
  readonly phase: 1
  readonly mailboxGuid: string
  readonly entries: readonly { readonly deviceId: string; readonly list: List }[]
}

/** One Set-CASMailbox -ActiveSyncMailboxPolicy. It may tighten: in phase 3, behind the changes of the policies themselves. */
export interface PolicyAssignment {
  readonly kind: 'assignment'
  readonly phase: 3
  readonly mailboxGuid: string
  /** As Exchange printed it; null: its default. */
  readonly before: string | null
  readonly after: PolicyName | null
  /** Goes on record before it is sent; null: what stood there before easgate comes back. */
  readonly own: Pick<OwnAssignment, 'policy' | 'before' | 'mended'> | null
  /** What was on record when the plan was made. */
  readonly recorded: OwnAssignment | null
  /** Somebody took it away. */
  readonly mends?: true
}

export type MailboxChange = ListChange | Adoption | PolicyAssignment

/** A mail that is to be sent before the plan is applied. Kept beside the run's changes, under `noticesOf` its id. */
export interface PlannedNotice {
  readonly kind: 'notice'
  readonly mailboxGuid: string
  readonly record: string
  readonly reason: NoticeReason
  /** The record was not held for this reason before. */
  readonly isNew: boolean
  /** It keeps its access until the mail is sent, or the wait for it is over. */
  readonly isPostponed: boolean
  /** It would lose its access by a stricter default or rule: that waits as well. */
  readonly holdsTightening?: true
}

export type PlannedChange = MailboxChange | ConfigurationChange | PlannedNotice | StaleRecord

export function isConfigurationChange(change: PlannedChange): change is ConfigurationChange {
  return !('mailboxGuid' in change)
}

/** What stands for the run's id where its notices are kept. */
export function noticesOf(runId: string): string {
  return `${runId}.notices`
}

export function noticeKey({ mailboxGuid, record }: PlannedNotice): string {
  return `${mailboxGuid}|${record}`
}

/**
 * done: the command was run and said yes. verified: the list already was as wanted when it was read again. changedSinceRead: somebody else changed it
 * after the plan was made; dropped, decided anew at the next sync. gone: the mailbox or rule is not there any more. failed: Exchange said no, or every
 * try ended unknown. notApproved: the plan was held and approved for other groups alone; never sent. waits: for mails to
 * those whom it would cut off; decided anew when they are sent, or have waited long enough.
 */
export type OutcomeState = 'done' | 'verified' | 'changedSinceRead' | 'gone' | 'failed' | 'notApproved' | 'waits'

export interface Outcome {
  readonly state: OutcomeState
  /** ISO-8601 UTC. */
  readonly at: string
  readonly message: string | null
}

/** Keys sort by phase, then configuration before mailboxes, then partition: reading in key order is the order of apply. */
export function changeKey(change: MailboxChange | ConfigurationChange, partition: number, index: number): string {
  if (isConfigurationChange(change)) return `${change.phase}|!${String(index).padStart(4, '0')}`
  return `${change.phase}|${String(partition).padStart(4, '0')}|${change.mailboxGuid}|${change.kind}`
}
