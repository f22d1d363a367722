/** What a plan is made of: changes with before and after, each in one of the four phases of design.md 4. Pure types and keys. */
import type { Access, AccessLevel, AccessRule, List, Reason, TraceLine } from './types.ts'

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
}

export type ConfigurationChange = { readonly phase: 2 | 3 } & (
  | { readonly kind: 'defaultLevel'; readonly before: AccessLevel; readonly after: AccessLevel }
  | { readonly kind: 'newRule'; readonly rule: AccessRule }
  | { readonly kind: 'setRule'; readonly rule: AccessRule; readonly level: AccessLevel }
  | { readonly kind: 'removeRule'; readonly rule: AccessRule }
)

/** Entries that were there before easgate are recorded as its own (setting adopt); no command is sent. */
export interface Adoption {
  readonly kind: 'adopt'
  readonly phase: 1
  readonly mailboxGuid: string
  readonly entries: readonly { readonly deviceId: string; readonly list: List }[]
}

export type MailboxChange = ListChange | Adoption
export type PlannedChange = MailboxChange | ConfigurationChange

/**
 * done: the command was run and said yes. verified: the list already was as wanted when it was read again. changedSinceRead: somebody else changed it
 * after the plan was made; dropped, decided anew at the next sync. gone: the mailbox or rule is not there any more. failed: Exchange said no, or every
 * try ended unknown.
 */
export type OutcomeState = 'done' | 'verified' | 'changedSinceRead' | 'gone' | 'failed'

export interface Outcome {
  readonly state: OutcomeState
  /** ISO-8601 UTC. */
  readonly at: string
  readonly message: string | null
}

/** Keys sort by phase, then configuration before mailboxes, then partition: reading in key order is the order of apply. */
export function changeKey(change: PlannedChange, partition: number, index: number): string {
  const isMailbox = change.kind === 'lists' || change.kind === 'adopt'
  if (!isMailbox) return `${change.phase}|!${String(index).padStart(4, '0')}`
  return `${change.phase}|${String(partition).padStart(4, '0')}|${change.mailboxGuid}|${change.kind}`
}
