/** What is kept between invocations, as the sync sees it: the port Store and its rows. store/ implements it on Table Storage, the tests in memory. */
import type { AuditEntry, AuditRow } from './core/audit.ts'
import type { Bookmarks } from './core/bookmarks.ts'
import type { LedgerMail, MailKey } from './core/mail.ts'
import type { Outcome, PlannedChange } from './core/plan.ts'
import type { RelayApproval } from './core/relay.ts'
import type { ConnectorState, Organization, Run } from './core/run.ts'
import type { DriftLog } from './core/drift.ts'
import type { OwnConfiguration } from './core/ownConfiguration.ts'
import type { ExchangeConfiguration, Policy } from './core/types.ts'
import type { LedgerWipe } from './core/wipe.ts'

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
  drift: DriftLog
  bookmarks: Bookmarks
}
/** lastSync: of an EAS record, as it was last asked for, so that it is not asked for again before it can be stale; by the record's Guid. */
export type RowKind =
  'mailbox' | 'user' | 'device' | 'entry' | 'assignment' | 'record' | 'pin' | 'activation' | 'mark' | 'lastSync'

/**
 * A row of the records table. `data` is JSON text exactly as it was gathered, so that "differs" is a comparison of texts; `decision` is JSON text
 * of the last decision, for records only. Rows of a mailbox sort together, kinds in the order of their names.
 */
export interface StoredRow {
  readonly mailboxGuid: string
  readonly kind: RowKind
  readonly id: string
  readonly data: string
  readonly decision: string | null
}
export type RowKey = Pick<StoredRow, 'mailboxGuid' | 'kind' | 'id'>
/**
 * Where to look for what a change names. user: a user's id. device: an Entra device id. loose: an Intune device without one, by its own id. record: an
 * EAS record's Guid. pin, activation: the same, where it is pinned or was activated. bound: id of an Intune device, or of its Entra device, that a person bound to
 * an EAS record. due: when a mailbox is to be decided again although nothing changes (ISO-8601 UTC).
 */
export type PlaceKind = 'user' | 'device' | 'record' | 'loose' | 'pin' | 'activation' | 'bound' | 'due'
export interface Place {
  readonly kind: PlaceKind
  readonly id: string
  readonly mailboxGuid: string
  /** What was known when it was written, to see whether it is another now. */
  readonly data: string
}

export type StagedKind =
  'changedAt' | 'mailboxes' | 'records' | 'included' | 'excluded' | 'ruleGroups' | 'users' | 'devices'
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
  /** The rows of some mailboxes of one partition, sorted likewise. */
  rowsOf(connectorId: string, partition: number, mailboxGuids: readonly string[]): Promise<readonly StoredRow[]>
  /** Places by their ids. */
  places(
    connectorId: string,
    kind: 'user' | 'device' | 'record' | 'bound',
    ids: readonly string[],
  ): Promise<readonly Place[]>
  /** In the order of their ids, which must be of one length, from `after` (exclusive; '' from the start) up to `to` (inclusive; null: to the end). */
  listPlaces(
    connectorId: string,
    kind: 'loose' | 'pin' | 'activation' | 'bound' | 'due',
    range: { readonly after: string; readonly to: string | null; readonly top: number },
  ): Promise<readonly Place[]>
  writePlaces(connectorId: string, upserts: readonly Place[], deletes: readonly Place[]): Promise<void>
  /** Deletes what older versions left of the index, once this version's is written whole. Repeatable; false when it was over before the end. */
  clearOlderPlaces(connectorId: string, isOver: () => boolean): Promise<boolean>
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

  /** `record`: Guid of the EAS record. */
  ledgerWipe(connectorId: string, record: string): Promise<Versioned<LedgerWipe> | null>
  /** etag null: must not be recorded yet. Returns the new ETag. */
  saveLedgerWipe(connectorId: string, wipe: LedgerWipe, etag: string | null): Promise<string>

  /** Appends to the connector's hash chain; rows and head in one transaction per 99 rows. */
  appendAudit(connectorId: string, entries: readonly AuditEntry[]): Promise<void>
  /** The last row's number and hash; null before the first. */
  auditHead(connectorId: string): Promise<{ readonly seq: number; readonly hash: string } | null>
  /** From `fromSeq` (inclusive, first is 1) upwards. */
  audit(connectorId: string, fromSeq: number, top: number): Promise<readonly AuditRow[]>

  /** Table requests sent so far, retries included. */
  requests(): number
  /** The same, but of a transaction every row: some bills count so. */
  operations(): number
}
