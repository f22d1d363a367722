/** Which partnerships are stale: their phone synced last before a date. What is not known is never stale. Pure. */
import { deviceKey } from './deviceKey.ts'
import type { EasRecord } from './types.ts'

export interface StaleCleanup {
  /** Days without a sync. */
  readonly days: number
  /** A scheduled clean-up removes at most so many. */
  readonly maxPerRun: number
  /** It removes none where more than this share of the EAS records would be stale: then something else is wrong. */
  readonly maxShare: number
}

/** Fewer are a holiday; the last sync is known to the day at best. */
export const staleDays = { least: 14, most: 3_650 } as const

/** Shares of fewer EAS records than this say nothing. */
const leastPopulation = 20

/** What the mailbox says of one of its partnerships. */
export interface LastSync {
  /** Guid of the EAS record; null: not said. */
  readonly record: string | null
  readonly deviceId: string | null
  readonly deviceType: string | null
  /** The last sync or attempt at one (a phone that is blocked only tries), ISO-8601 UTC; null: Exchange does not say. */
  readonly lastSync: string | null
  /** Asked for and not yet confirmed by the phone: the partnership carries it. */
  readonly isWipePending: boolean
}

/** ISO-8601 UTC: who synced last before this is stale. */
export function cutoffOf(days: number, now: Date): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString()
}

/*
 * the EAS record                                     | may be stale | why
 * no EAS record of a phone (another client type)     | no           | not easgate's
 * first synced after the cutoff                      | no           | the last sync is no older
 * known to have synced after the cutoff              | no           | likewise
 * anything else                                      | yes          | its mailbox is asked
 */
/** Whether its mailbox must be asked; `known`: a last sync that was read earlier, which can only have become later. */
export function mayBeStale({ firstSync, clientType }: EasRecord, known: string | null, cutoff: string): boolean {
  if (clientType !== null && clientType.toUpperCase() !== 'EAS') return false
  return !(firstSync !== null && firstSync >= cutoff) && !(known !== null && known >= cutoff)
}

/** What was said of this record: by its Guid, or, where the statistics have another, by what makes a partnership within a mailbox. */
export function lastSyncOf(record: EasRecord, said: readonly LastSync[]): LastSync | null {
  const byGuid = said.find((one) => one.record === record.guid)
  if (byGuid) return byGuid
  const isSame = ({ deviceId, deviceType }: LastSync) =>
    deviceId !== null && deviceKey(deviceId) === deviceKey(record.deviceId) && deviceType === record.deviceType
  const [only, ...others] = said.filter(isSame)
  return only && others.length === 0 ? only : null
}

/** Why a record that may be stale by its age is left all the same. */
export type LeftBecause = 'pinned' | 'blockedByOther' | 'unreadable' | 'unknown' | 'wipePending' | 'synced'

export interface StaleFacts {
  readonly isPinned: boolean
  /** Its id is on the Blocked list, and easgate did not put it there: a lost phone, perhaps, which must stay out. */
  readonly isBlockedByOther: boolean
  readonly isWipeClaimed: boolean
  /** null: its mailbox could not be asked. */
  readonly said: readonly LastSync[] | null
}

/*
 * the record                                          | it is
 * is pinned by an administrator                       | left: pinned
 * is blocked by somebody else                         | left: blockedByOther
 * has a mailbox that cannot be asked                  | left: unreadable
 * is not in the mailbox's answer, or has no last sync | left: unknown
 * has a wipe that waits for the phone, or may have    | left: wipePending
 * synced last at the cutoff or after                  | left: synced
 * synced last before                                  | stale
 */
export function staleVerdict(
  record: EasRecord,
  { isPinned, isBlockedByOther, isWipeClaimed, said }: StaleFacts,
  cutoff: string,
): { readonly lastSync: string } | LeftBecause {
  if (isPinned) return 'pinned'
  if (isBlockedByOther) return 'blockedByOther'
  if (said === null) return 'unreadable'
  const last = lastSyncOf(record, said)
  if (last === null || last.lastSync === null) return 'unknown'
  if (last.isWipePending || isWipeClaimed) return 'wipePending'
  return last.lastSync < cutoff ? { lastSync: last.lastSync } : 'synced'
}

/** Why a scheduled clean-up removes nothing; null: it may. `records`: all of the connector. */
export function staleRefusal(found: number, records: number, { maxShare }: StaleCleanup): string | null {
  if (records < leastPopulation || found <= records * maxShare) return null
  const share = `${((found / records) * 100).toFixed(1)} %`
  return `${found} of ${records} EAS records (${share}) are stale; the limit is ${(maxShare * 100).toFixed(1)} %. Look at the list; if it is right, remove them with POST stale and its count, or raise staleCleanup.maxShare.`
}

/** A stale record as the preview lists it; kept as one of its run's changes, with the outcome of its removal. */
export interface StaleRecord {
  readonly kind: 'stale'
  readonly mailboxGuid: string
  /** Guid of the EAS record. */
  readonly record: string
  readonly deviceId: string
  readonly type: string | null
  readonly model: string | null
  /** The mailbox's user; null: not resolved. */
  readonly user: string | null
  /** ISO-8601 UTC. */
  readonly lastSync: string
}

/** What a run of the mode `stale` has found so far. */
export interface StaleReport {
  readonly days: number
  /** ISO-8601 UTC. */
  readonly cutoff: string
  /** Of a scheduled one; null: a person's preview. */
  readonly limits: StaleCleanup | null
  /** Every mailbox was looked at. */
  readonly isWhole: boolean
  /** EAS records that were looked at. */
  readonly records: number
  readonly found: number
  readonly byModel: Readonly<Record<string, number>>
  readonly left: Partial<Readonly<Record<LeftBecause, number>>>
  /** Why a scheduled one removed nothing. */
  readonly refusal: string | null
}

/** Models with a number of their own; all others are counted as `other`. */
const mostModels = 200

/** A model is what the phone says of itself: any text. */
export function withFound(report: StaleReport, found: readonly StaleRecord[]): StaleReport {
  const byModel = new Map(Object.entries(report.byModel))
  for (const { type, model } of found) {
    const name = model ?? type ?? 'unknown'
    const key = byModel.has(name) || byModel.size < mostModels ? name : 'other'
    byModel.set(key, (byModel.get(key) ?? 0) + 1)
  }
  return { ...report, byModel: Object.fromEntries(byModel), found: report.found + found.length }
}

export function withLeft(report: StaleReport, why: LeftBecause, count = 1): StaleReport {
  return { ...report, left: { ...report.left, [why]: (report.left[why] ?? 0) + count } }
}
