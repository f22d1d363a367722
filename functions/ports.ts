/**
 * What the sync needs of the world, named by what it gives. The adapters (exchange/, graph/, store/) and the fakes of the
 * tests implement these; one contract suite holds both to them.
 */
import type { AccessLevel, Characteristic, EasRecord, ExchangeConfiguration, Mailbox } from './core/types.ts'
import type { DeviceProof } from './core/activation.ts'
import type { AuditAnchor } from './core/audit.ts'
import type { CompilePattern } from './core/extraRules.ts'
import type { Mail, MailOutcome } from './core/mail.ts'
import type { PolicyProperties } from './core/ownConfiguration.ts'
import type { DeviceStatus } from './core/deviceStatus.ts'
import type { Retirement } from './core/run.ts'
import type { RelayIdentity } from './core/relay.ts'
import type { LastSync } from './core/stale.ts'
import type { DestroyCommand } from './core/wipe.ts'
import type { Directory } from './portsDirectory.ts'
import type { Store } from './portsStore.ts'

export interface Clock {
  now(): Date
}
/** Stable event names and numbers; ids at information level, never addresses or names of people. */
export interface Log {
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
}

/** Exchange through a relay. One conversation = one socket to one relay. */
export interface Exchange {
  /**
   * `runId`: every batch of the conversation names it, so that the relay's log can be read with ours.
   * Throws AppError noRelay, relayNotApproved, relayLost (all retryable but relayNotApproved), organizationTaken when another connector serves the relay's
   * organization, connectorRetired when another took this one's place.
   */
  converse<T>(connectorId: string, use: (conversation: Conversation) => Promise<T>, runId?: string): Promise<T>
  /** Tells the relays of a retired connector, one after the other, until none answers; gives how many took it. Throws AppError, never noRelay. */
  tellRetired(connectorId: string, retired: Retirement): Promise<number>
  /** What went over the wire to relays so far. */
  traffic(): RelayTraffic
}

export interface RelayTraffic {
  /** Cmdlets that batches carried, those that read and those that change. */
  readonly commands: number
  /** UTF-8 of all frames, both ways, without what WebSocket and TLS add. */
  readonly bytes: number
}

export interface Conversation {
  readonly relay: RelayIdentity
  /** Every mailbox, page by page. Throws AppError when the listing was cut, warned of a cut, or broke: never half a list. */
  mailboxes(): AsyncIterable<readonly Mailbox[]>
  /** Every EAS record, page by page, same rules. */
  records(): AsyncIterable<readonly EasRecord[]>
  /** decisive: only what decisions depend on; the lists that people look at are empty. */
  configuration(scope?: 'decisive'): Promise<ExchangeConfiguration>
  /** Mailboxes that Exchange changed after this instant (ISO-8601 UTC), or that these words name; those that are gone are missing. */
  findMailboxes(queries: readonly MailboxQuery[]): Promise<readonly FoundMailbox[]>
  /** EAS records of these mailboxes, by mailbox Guid. A mailbox that is gone is missing. */
  recordsOf(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, readonly EasRecord[]>>
  /** EAS records whose first sync was after this instant. */
  newRecords(since: string): Promise<readonly EasRecord[]>
  /** The two lists of these mailboxes as they are now, by mailbox Guid; a mailbox that is gone is missing. */
  lists(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, DeviceLists>>
  /** The EAS mailbox policy that each of these was given, as Exchange prints it; null: its default. A mailbox that is gone, or does not say, is missing. */
  policiesOf(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  /**
   * Runs one batch of changes; yields outcomes as they come, one per command. Throws AppError relayLost (retryable) when the conversation broke: commands
   * without an outcome may or may not have run. Several may run at once.
   */
  change(batchId: string, commands: readonly ChangeCommand[]): AsyncIterable<CommandOutcome>
  /** One outcome for each mail, whatever happens. Throws AppError only when nothing was sent; which, says MailOutcome. */
  sendMail(batchId: string, mails: readonly Mail[]): AsyncIterable<MailOutcome>
  /** For a person who asks: slow. null: Exchange has no such record. `mailboxGuid` null: not known. */
  deviceStatus(of: { readonly record: string; readonly mailboxGuid: string | null }): Promise<DeviceStatus | null>
  /**
   * When the partnerships of these mailboxes synced last, by mailbox Guid. Slow: Exchange opens every mailbox. One that is gone, or cannot be read, is missing.
   * Throws AppError exchangeFailed where the account may not ask.
   */
  lastSyncs(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, readonly LastSync[]>>
  /**
   * One command that loses data, sent once; never repeated here. ran `unknown`: it may have been done. Throws AppError only when nothing was sent or the relay
   * took nothing of it: conflict where its own configuration does not allow it, or its Exchange cannot.
   */
  destroy(batchId: string, command: DestroyCommand): Promise<CommandOutcome>
}

export interface FoundMailbox {
  readonly mailbox: Mailbox
  /** When Exchange last changed it, ISO-8601 UTC; null where it does not say. */
  readonly changedAt: string | null
}

/** The last: any of the addresses (lower case, without prefix), or the DN. */
export type MailboxQuery =
  | { readonly guids: readonly string[] }
  | { readonly changedSince: string }
  | { readonly addresses: readonly string[]; readonly dn: string | null }

export interface DeviceLists {
  readonly allowed: readonly string[]
  readonly blocked: readonly string[]
}

/** A change in the words of the product; the adapter makes the cmdlet of it. `id` is unique in its batch. */
export type ChangeCommand = { readonly id: string } & (
  | {
      readonly kind: 'lists'
      readonly mailboxGuid: string
      readonly addAllowed: readonly string[]
      readonly removeAllowed: readonly string[]
      readonly addBlocked: readonly string[]
      readonly removeBlocked: readonly string[]
    }
  /** `policy`: its Guid or name; null: Exchange's default. */
  | { readonly kind: 'assignPolicy'; readonly mailboxGuid: string; readonly policy: string | null }
  | { readonly kind: 'defaultLevel'; readonly level: AccessLevel }
  | {
      readonly kind: 'newRule'
      readonly queryString: string
      readonly characteristic: Characteristic
      readonly level: AccessLevel
    }
  | { readonly kind: 'setRule'; readonly guid: string; readonly level: AccessLevel }
  | { readonly kind: 'removeRule'; readonly guid: string }
  /** '' for none. */
  | { readonly kind: 'userMailInsert'; readonly text: string }
  /** The whole list. */
  | { readonly kind: 'adminMailRecipients'; readonly addresses: readonly string[] }
  | { readonly kind: 'newPolicy'; readonly name: string; readonly properties: PolicyProperties }
  | { readonly kind: 'setPolicy'; readonly guid: string; readonly properties: PolicyProperties }
  | { readonly kind: 'removePolicy'; readonly guid: string }
)

export interface CommandOutcome {
  readonly id: string
  readonly ok: boolean
  readonly warnings: readonly string[]
  readonly durationMs: number
  /** Guid of the rule or policy that was made. */
  readonly guid?: string
  /** `unknown`: the command may have run (session or child broke); `notRun`: it certainly did not (expired, refused). */
  readonly failure?: { readonly category: string; readonly message: string; readonly ran: 'yes' | 'no' | 'unknown' }
}

/** Where the heads of the audit are kept so that nobody can change them: a blob container with a retention policy. */
export interface Anchors {
  /** One for each connector and day (UTC), the first that comes: false where there is one. Throws AppError storeFailed (retryable). */
  keep(anchor: AuditAnchor): Promise<boolean>
}

/** One bounded piece of a run. `position` says how far the run was when the message was sent. */
export interface StepMessage {
  readonly connectorId: string
  readonly runId: string
  readonly position: number
}

export interface StepQueue {
  send(message: StepMessage, delaySeconds?: number): Promise<void>
  /** About how many messages there are, also those that are hidden. Throws AppError storeFailed. */
  messages(): Promise<number>
}

/** A person's sign-in as the platform states it. */
export interface SignIn {
  /** Entra object id. */
  readonly userId: string
  /** Claims of the token by their short or long names; of several of one name, the first. */
  readonly claims: ReadonlyMap<string, string>
}

/** What a signed text is for; one that was signed for another purpose does not open. */
export type SignedPurpose = 'activation link' | 'activation form' | 'simulated sign-in'

/** What activation needs of the installation. */
export interface ActivationPort {
  /** Where people reach the app (`https://…`, no slash at its end); null: nowhere. */
  readonly publicUrl: string | null
  /** With the app's own key; fits an address as it is. */
  sign(purpose: SignedPurpose, text: string): string
  /** null: not signed by this app, or for another purpose. */
  open(purpose: SignedPurpose, signed: string): string | null
  /** Which Entra device the sign-in came from, by the way that the settings choose. Throws AppErrors of Graph. */
  proveDevice(signIn: SignIn): Promise<DeviceProof>
}

/** What the sync gets: one set per invocation. */
export interface Ports {
  readonly exchange: Exchange
  readonly directory: Directory
  readonly store: Store
  readonly queue: StepQueue
  readonly activation: ActivationPort
  readonly clock: Clock
  readonly log: Log
  /** A new unguessable id. */
  readonly newId: () => string
  /** SHA-256 of a text as 64 hex digits. */
  readonly hash: (text: string) => string
  /** Of an extra rule; linear in the text. Throws AppError badRequest for an expression that does not compile. */
  readonly compilePattern: CompilePattern
}
