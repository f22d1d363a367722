/** A run and a connector as they are stored between steps. Pure. */
import type { Bookmarks, DirectoryBookmark } from './bookmarks.ts'
import type { LimitRefusal } from './limits.ts'
import type { Slots } from './schedule.ts'
import type { StaleReport } from './stale.ts'
import type { AccessLevel, AccessRule, ExchangeConfiguration, Policy } from './types.ts'
import type { WhatIfReport } from './whatIf.ts'

/**
 * Of a run's row, its plan and what it staged. A step that hands on something else than before raises it, and so does the tables' schema version: a run of
 * another version is not carried on (runStep.ts, decideHeldRun.ts).
 */
export const runVersion = 2

export type RunKind = 'full' | 'quick'

/** The steps of a run in their order (design.md 4). `takeLease` repeats until the connector's lease is free. */
export const stepNames = [
  'gatherChanges',
  'gatherConfiguration',
  'gatherMailboxes',
  'gatherRecords',
  'gatherGroups',
  'gatherUsers',
  'gatherDevices',
  'takeLease',
  'decide',
  'limits',
  'notify',
  'apply',
  'digest',
  'finish',
  'keepApproved',
  'whatIf',
  'findStale',
  'removeStale',
] as const
export type StepName = (typeof stepNames)[number]

/** `held`: the limits refused the plan, a person decides. `replaced`: a newer run took a held one's place. `expired`: nobody decided in time. */
export type RunState = 'running' | 'held' | 'done' | 'failed' | 'rejected' | 'replaced' | 'expired'

export interface Run {
  /** runVersion of the app that started it; version 1 left it out. */
  readonly version?: number
  readonly connectorId: string
  readonly id: string
  readonly kind: RunKind
  /**
   * What is read and decided. everything: all of it. changes: the mailboxes that a change touched. stored: those are read, and everything stored is
   * decided again, because the policy or Exchange's configuration is another. whatIf: nothing is read or written; everything stored is decided by another
   * policy, and the difference is the run's report. stale: partnerships without a sync for long are looked for, and may be removed; nothing is decided.
   */
  readonly mode: 'everything' | 'changes' | 'stored' | 'whatIf' | 'stale'
  /** Computes everything and sends nothing. */
  readonly dryRun: boolean
  /** `timer`, or a person's id. */
  readonly askedBy: string
  /** From 1; a full sync that failed for a passing reason is tried again (failRun). */
  readonly attempt: number
  readonly state: RunState
  readonly step: StepName
  /** Where the step goes on; its meaning is the step's own. */
  readonly cursor: string | null
  /** Counts the messages that were carried out: a message with another position is late or early and does nothing. */
  readonly position: number
  /** The queue message that works on this position now; another message may take over after `until`. */
  readonly claim: { readonly by: string; readonly until: string } | null
  readonly startedAt: string
  /** When this row was last written; a run that stands still is sent on again (startRun). */
  readonly updatedAt: string
  /** When the first reading began: what is stored from a later reading is not overwritten by this run. */
  readonly gatheredAt: string | null
  readonly endedAt: string | null
  /** The policy as it was when the run started; every step goes by this one. */
  readonly policy: Policy
  /** As gathered; device classes are kept on the connector only. */
  readonly configuration: ExchangeConfiguration | null
  /** Which attempts' staged pages are valid, by staged kind: one for each message that gathered some. */
  readonly attempts: Readonly<Record<string, readonly string[]>>
  /** Taken before the reading began; null where this run reads no changes. */
  readonly directory: DirectoryBookmark | null
  /** The bookmarks this run goes on from; null: there were none, or they were too old. */
  readonly bookmarks: Bookmarks | null
  /** Hash of what this run decided by; set when it has decided. */
  readonly decidedBy: string | null
  /** Partitions with mailboxes that a change touched. */
  readonly touched: readonly number[]
  /** Members found by group id, for the limits. */
  readonly groupSizes: Readonly<Record<string, number>>
  readonly counts: Counts
  readonly refusal: LimitRefusal | null
  /** Access rules that somebody else made and that differ from the policy: reported, never changed. */
  readonly differing: readonly { readonly rule: AccessRule; readonly wanted: AccessLevel }[]
  readonly approvedBy: string | null
  /** Approved for the mailboxes of their members alone; left out: the whole plan. */
  readonly approvedGroups?: readonly string[]
  readonly failure: { readonly code: string; readonly message: string; readonly step: StepName } | null
  /** Done whole, it is the connector's last. */
  readonly retires?: true
  /** Of a what-if, as far as it has come. */
  readonly report?: WhatIfReport
  /** Of one of the mode `stale`. */
  readonly stale?: StaleReport
}

/** Numbers of a run by name: `found.records`, `decided.quarantine.notEnrolled`, `outcome.done` … Added up, never replaced. */
export type Counts = Readonly<Record<string, number>>

export function addCounts(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a }
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

export interface Inventory {
  readonly records: number
  readonly intuneDevices: number
  readonly usersInScope: number
  readonly groupSizes: Readonly<Record<string, number>>
}

/** The connector's own row: who runs, who holds the lease, what waits. */
export interface ConnectorState {
  readonly id: string
  /** The run that is on its way, by kind. */
  readonly running: { readonly full: string | null; readonly quick: string | null }
  /** A full sync asked for while a quick one runs, or to be tried again: it starts when the next run ends and is never lost. */
  readonly pendingFull: { readonly askedBy: string; readonly dryRun: boolean; readonly attempt: number } | null
  /** A quick sync that must begin after now, asked for while one runs: it starts when that one ends. */
  readonly pendingQuick: { readonly askedBy: string } | null
  /** Covers decide to finish. Not taken over before `until`, which is past the last batch's expiry. */
  readonly lease: { readonly runId: string; readonly until: string } | null
  readonly heldRun: string | null
  /** The run of the mode `stale` that is on its way. */
  readonly staleRun: string | null
  /** Times of the connector's schedule whose syncs were asked for. */
  readonly slots: Slots
  readonly lastFullSync: string | null
  readonly lastQuickSync: string | null
  /** Of the last complete run, for the limits; null before the first. */
  readonly inventory: Inventory | null
  /** Records that Exchange let in at the last run that decided everything. */
  readonly allowed: number
  /** Records that lost access by quick syncs since then, or since a person approved one: together they keep to the limits, too. */
  readonly lost: number
  /** Mailboxes that quick syncs gave another EAS mailbox policy since then; left out: none. */
  readonly reassigned?: number
  /** What the last conversation's relay said of itself. */
  readonly relay: {
    readonly host: string
    readonly version: string
    readonly server: string | null
    /** Since when that client-access server, and why that one. */
    readonly serverSince: string | null
    readonly serverReason: string | null
    readonly organization: string | null
    readonly seenAt: string
  } | null
  /** Since when no relay is connected, as a conversation that could not be had found out; null: the last one could. */
  readonly noRelaySince: string | null
  /** The Exchange organization that it serves: the first one that a relay of it named and that no other connector serves. Never changes. */
  readonly organization: string | null
  readonly retired: Retirement | null
  /** A person wants it retired: every run withdraws what is easgate's, and the first full one that does so whole is the last. */
  readonly retiring: { readonly by: string; readonly since: string } | null
  /** The administrators' digest: when the last was tried, and the runs whose newly held records wait for the next, oldest first. */
  readonly digest: { readonly triedAt: string | null; readonly runs: readonly string[] }
  /** What keeps its relays from being worked with until a person acts; the message says what to do. */
  readonly problem: { readonly code: string; readonly message: string; readonly since: string } | null
}

/** The end of a connector: it starts no run any more, and its relays are told. */
export interface Retirement {
  /** The connector that took its place; null: a person retired it. */
  readonly by: string | null
  /** ISO-8601 UTC. */
  readonly at: string
}

/** Who serves an Exchange organization: one connector at a time. */
export interface Organization {
  /** As Exchange spells it. */
  readonly name: string
  readonly connectorId: string
  readonly since: string
  /** Who served it before, where somebody did. */
  readonly before: string | null
}

/** A run that this version may carry on: its row, plan and staged lines are as today's steps expect them. */
export function isOfThisVersion({ version = 1 }: Pick<Run, 'version'>): boolean {
  return version === runVersion
}

export function newConnector(id: string): ConnectorState {
  return {
    id,
    running: { full: null, quick: null },
    pendingFull: null,
    pendingQuick: null,
    lease: null,
    heldRun: null,
    staleRun: null,
    slots: { full: null, quick: null },
    lastFullSync: null,
    lastQuickSync: null,
    inventory: null,
    allowed: 0,
    lost: 0,
    relay: null,
    noRelaySince: null,
    organization: null,
    retired: null,
    retiring: null,
    digest: { triedAt: null, runs: [] },
    problem: null,
  }
}
