/**
 * What the sync needs of the world, named by what it gives. The adapters (exchange/, graph/, store/) and the fakes of the
 * tests implement these; one contract suite holds both to them.
 */
import type {
  AccessLevel,
  Characteristic,
  EasRecord,
  ExchangeConfiguration,
  IntuneDevice,
  Mailbox,
  OwnConfiguration,
  Policy,
  User,
} from './core/types.ts'
import type { AuditEntry, AuditRow } from './core/audit.ts'
import type { ConnectorState, Organization, Retirement, Run } from './core/run.ts'
import type { LedgerMail, Mail, MailKey, MailOutcome } from './core/mail.ts'
import type { PlannedChange, Outcome } from './core/plan.ts'
import type { RelayApproval, RelayIdentity } from './core/relay.ts'

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
   * Throws AppError noRelay, relayNotApproved, relayLost (all retryable but relayNotApproved), organizationTaken when another connector serves the relay's
   * organization, connectorRetired when another took this one's place.
   */
  converse<T>(connectorId: string, use: (conversation: Conversation) => Promise<T>): Promise<T>
  /** Tells the relays of a retired connector, one after the other, until none answers; gives how many took it. Throws AppError, never noRelay. */
  tellRetired(connectorId: string, retired: Retirement): Promise<number>
}

export interface Conversation {
  readonly relay: RelayIdentity
  /** Every mailbox, page by page. Throws AppError when the listing was cut, warned of a cut, or broke: never half a list. */
  mailboxes(): AsyncIterable<readonly Mailbox[]>
  /** Every EAS record, page by page, same rules. */
  records(): AsyncIterable<readonly EasRecord[]>
  configuration(): Promise<ExchangeConfiguration>
  /** The two lists of these mailboxes as they are now, by mailbox Guid; a mailbox that is gone is missing. */
  lists(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, DeviceLists>>
  /**
   * Runs one batch of changes; yields outcomes as they come, one per command. Throws AppError relayLost (retryable) when the conversation broke: commands
   * without an outcome may or may not have run. Several may run at once.
   */
  change(batchId: string, commands: readonly ChangeCommand[]): AsyncIterable<CommandOutcome>
  /** One outcome for each mail, whatever happens. Throws AppError only when nothing was sent; which, says MailOutcome. */
  sendMail(batchId: string, mails: readonly Mail[]): AsyncIterable<MailOutcome>
}
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
  | { readonly kind: 'defaultLevel'; readonly level: AccessLevel }
  | {
      readonly kind: 'newRule'
      readonly queryString: string
      readonly characteristic: Characteristic
      readonly level: AccessLevel
    }
  | { readonly kind: 'setRule'; readonly guid: string; readonly level: AccessLevel }
  | { readonly kind: 'removeRule'; readonly guid: string }
)

export interface CommandOutcome {
  readonly id: string
  readonly ok: boolean
  readonly warnings: readonly string[]
  readonly durationMs: number
  /** Guid of the rule that `newRule` made. */
  readonly guid?: string
  /** `unknown`: the command may have run (session or child broke); `notRun`: it certainly did not (expired, refused). */
  readonly failure?: { readonly category: string; readonly message: string; readonly ran: 'yes' | 'no' | 'unknown' }
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Where to go on, opaque; null at the end. */
  readonly next: string | null
}

/** Microsoft Graph. Every method retries inside and throws AppError graphFailed (retryable) or graphDenied. */
export interface Directory {
  users(cursor: string | null, intunePlanIds: readonly string[]): Promise<Page<User>>
  /** Ids of the users in the group, directly or through groups in it. Throws groupNotFound. */
  memberIds(groupId: string, cursor: string | null): Promise<Page<string>>
  intuneDevices(cursor: string | null): Promise<Page<IntuneDevice>>
  /** HTTP requests sent so far, retries included. */
  requests(): number
}
export interface Versioned<T> {
  readonly value: T
  readonly etag: string
}

/** Documents of one connector. */
export interface Documents {
  connector: ConnectorState
  policy: Policy
  exchange: ExchangeConfiguration
  own: OwnConfiguration
}
export type RowKind = 'mailbox' | 'user' | 'device' | 'entry' | 'record' | 'mark'

/**
 * A row of the records table. `data` is JSON text exactly as it was gathered, so that "differs" is a comparison of texts; `decision` is JSON text
 * of the last decision, for records only. Rows of a mailbox sort together, kinds in the order device, entry, mailbox, record, user.
 */
export interface StoredRow {
  readonly mailboxGuid: string
  readonly kind: RowKind
  readonly id: string
  readonly data: string
  readonly decision: string | null
}
export type RowKey = Pick<StoredRow, 'mailboxGuid' | 'kind' | 'id'>
export type StagedKind = 'mailboxes' | 'records' | 'included' | 'excluded' | 'users' | 'devices'
/** Which gathering: pages of an attempt that broke are never read. */
export interface StageKey {
  readonly connectorId: string
  readonly runId: string
  readonly kind: StagedKind
  readonly attempt: string
}
export interface StoredChange {
  readonly key: string
  readonly change: PlannedChange
  readonly outcome: Outcome | null
}

/** Table Storage. Every method retries inside; throws AppError storeFailed (retryable), changedMeanwhile on an ETag that does not fit. */
export interface Store {
  document<K extends keyof Documents>(connectorId: string, name: K): Promise<Versioned<Documents[K]> | null>
  /** etag null: must not exist yet. Returns the new ETag. */
  saveDocument<K extends keyof Documents>(
    connectorId: string,
    name: K,
    value: Documents[K],
    etag: string | null,
  ): Promise<string>

  /** `key`: organizationKey of its name. */
  organization(key: string): Promise<Versioned<Organization> | null>
  /** etag null: nobody serves it yet. Returns the new ETag. */
  saveOrganization(key: string, value: Organization, etag: string | null): Promise<string>

  relays(connectorId: string): Promise<readonly RelayApproval[]>
  relay(connectorId: string, fingerprint: string): Promise<Versioned<RelayApproval> | null>
  /** An administrator's word: replaces what is recorded. etag null: must not be recorded yet. Returns the new ETag. */
  saveRelay(connectorId: string, relay: RelayApproval, etag: string | null): Promise<string>
  /** A relay was here: recorded as given when it is new, else host, about and lastSeen alone. Never changes whether it is approved. */
  sawRelay(connectorId: string, relay: RelayApproval): Promise<void>

  run(connectorId: string, runId: string): Promise<Versioned<Run> | null>
  saveRun(run: Run, etag: string | null): Promise<string>
  /** Newest first. */
  runs(connectorId: string, top: number): Promise<readonly Run[]>

  /** Lines of one page by partition number; writing the same page again replaces it. */
  stage(key: StageKey, page: number, lines: ReadonlyMap<number, readonly string[]>): Promise<void>
  staged(key: StageKey, partition: number): Promise<readonly string[]>
  /** All lines of all partitions, some at a time. */
  allStaged(key: StageKey): AsyncIterable<readonly string[]>
  clearStaged(connectorId: string, runId: string): Promise<void>

  /** All rows of one partition, sorted by mailbox, kind, id. */
  rows(connectorId: string, partition: number): Promise<readonly StoredRow[]>
  writeRows(
    connectorId: string,
    partition: number,
    upserts: readonly StoredRow[],
    deletes: readonly RowKey[],
  ): Promise<void>

  /** Inserts or replaces by key; an outcome that is recorded already stays. */
  putChanges(
    connectorId: string,
    runId: string,
    changes: readonly { readonly key: string; readonly change: PlannedChange }[],
  ): Promise<void>
  /** In key order, from `after` (exclusive), only keys that start with `prefix`. */
  changes(
    connectorId: string,
    runId: string,
    prefix: string,
    after: string | null,
    top: number,
  ): Promise<readonly StoredChange[]>
  saveOutcomes(connectorId: string, runId: string, outcomes: ReadonlyMap<string, Outcome>): Promise<void>

  ledgerMail(connectorId: string, key: MailKey): Promise<Versioned<LedgerMail> | null>
  /** `before`: what stood there, as it was read; null: nothing. Throws changedMeanwhile when that is not so any more. Returns the new ETag. */
  saveLedgerMail(connectorId: string, mail: LedgerMail, before: Versioned<LedgerMail> | null): Promise<string>
  /** Delayed mails that are due at `now` (ISO-8601 UTC), the longest due first. */
  dueMails(connectorId: string, now: string, top: number): Promise<readonly MailKey[]>
  /** Appends to the connector's hash chain; rows and head in one transaction per 99 rows. */
  appendAudit(connectorId: string, entries: readonly AuditEntry[]): Promise<void>
  /** From `fromSeq` (inclusive, first is 1) upwards. */
  audit(connectorId: string, fromSeq: number, top: number): Promise<readonly AuditRow[]>

  /** Table requests sent so far, retries included. */
  requests(): number
}

/** One bounded piece of a run. `position` says how far the run was when the message was sent. */
export interface StepMessage {
  readonly connectorId: string
  readonly runId: string
  readonly position: number
}

export interface StepQueue {
  send(message: StepMessage, delaySeconds?: number): Promise<void>
}

/** What the sync gets: one set per invocation. */
export interface Ports {
  readonly exchange: Exchange
  readonly directory: Directory
  readonly store: Store
  readonly queue: StepQueue
  readonly clock: Clock
  readonly log: Log
  /** A new unguessable id. */
  readonly newId: () => string
  /** SHA-256 of a text as 64 hex digits. */
  readonly hash: (text: string) => string
}
