/** What easgate made or changed of Exchange's configuration, and what stood there before (design.md 4). Pure types. */
import type { AccessLevel, AccessRule } from './types.ts'

/** The organization's settings that easgate may set. */
export interface ConfigurationValues {
  readonly defaultLevel: AccessLevel
  /** Text in the mail that Exchange itself sends to a held user; at most 256 characters. */
  readonly userMailInsert: string | null
  /** Who gets Exchange's own mail about quarantined devices; the whole list. */
  readonly adminMailRecipients: readonly string[]
}
export type ValueName = keyof ConfigurationValues
export type ConfigurationValue = ConfigurationValues[ValueName]

export interface OwnValue<T> {
  /** What stood there before easgate first changed it. */
  readonly before: T
  /** What easgate set last. */
  readonly set: T
  /** What stood there, while the command that sets another value is on its way. */
  readonly replaced?: T
}

/** `level`: what easgate set last. A rule is one that easgate made, or one that an administrator handed over. */
export interface OwnRule extends AccessRule {
  /** Its level, while the command that sets another is on its way. */
  readonly replaced?: AccessLevel
  /** The command that takes it away is on its way. */
  readonly isRemoving?: true
  /** Handed over: the level that it had then, which comes back. */
  readonly before?: AccessLevel
}

export type PolicyValue = string | number | boolean | null | readonly string[]
/** Names of the MobileDevice dialect (facts A8). */
export type PolicyProperties = Readonly<Record<string, PolicyValue>>

/** An EAS mailbox policy as Exchange prints it. */
export interface ExchangeMailboxPolicy {
  readonly guid: string
  readonly name: string
  readonly properties: PolicyProperties
}

/** An EAS mailbox policy that easgate makes in Exchange and keeps as it is here. */
export interface MailboxPolicySetting {
  readonly name: string
  readonly properties: PolicyProperties
  /** Who gets it; left out: nobody. inScope: the mailboxes of the users that the policy is for, but for those never blocked. */
  readonly assign?: 'none' | 'inScope'
  /** Mailboxes that have somebody else's policy; left out: respect. */
  readonly others?: 'respect' | 'override'
}

/** What the settings ask for of the organization; null: left alone, and given back where easgate had set it. */
export interface ExchangeSettings {
  /** '' for none. */
  readonly userMailInsert: string | null
  readonly adminMailRecipients: readonly string[] | null
}

/** An EAS mailbox policy that easgate made. */
export interface OwnMailboxPolicy {
  /** null until Exchange said it. */
  readonly guid: string | null
  readonly name: string
  /** What easgate set last. */
  readonly set: PolicyProperties
  /** How Exchange prints what was set: what a later reading is compared with. null until it was read. */
  readonly printed: PolicyProperties | null
  /** The command that makes or sets it is on its way. */
  readonly isPending?: true
  readonly isRemoving?: true
}

export type OwnConfiguration = {
  readonly [N in ValueName]: OwnValue<ConfigurationValues[N]> | null
} & {
  readonly rules: readonly OwnRule[]
  readonly mailboxPolicies: readonly OwnMailboxPolicy[]
  /** A stricter default or rules wait for mails, since then (ISO-8601 UTC); left out: nothing waits. */
  readonly tighteningWaits?: {
    readonly since: string
    /** So many records may lose access by it: a person approved that, of a plan by this basis (Run.decidedBy), and of no other. */
    readonly approved?: { readonly losing: number; readonly decidedBy: string | null }
  }
}

export const nothingOwned: OwnConfiguration = {
  defaultLevel: null,
  userMailInsert: null,
  adminMailRecipients: null,
  rules: [],
  mailboxPolicies: [],
}
