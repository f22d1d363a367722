/** Which partnerships are stale: their phone synced last before a date. What is not known is never stale. Pure. */
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

/** What the mailbox says of one of its EAS records. */
export interface LastSync {
  /** ISO-8601 UTC; null: Exchange does not say, or the phone never did. */
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

export type Staleness = 'stale' | 'synced' | 'unknown' | 'wipePending'

/*
 * the mailbox says                       | it is
 * a wipe waits for the phone             | wipePending: left
 * no last sync                           | unknown: left
 * a last sync at the cutoff or after     | synced: left
 * a last sync before                     | stale
 */
export function stalenessOf({ lastSync, isWipePending }: LastSync, cutoff: string): Staleness {
  if (isWipePending) return 'wipePending'
  if (lastSync === null) return 'unknown'
  return lastSync < cutoff ? 'stale' : 'synced'
}

/** Why a scheduled clean-up removes nothing; null: it may. `records`: all of the connector. */
export function staleRefusal(found: number, records: number, { maxShare }: StaleCleanup): string | null {
  if (records < leastPopulation || found <= records * maxShare) return null
  const share = `${((found / records) * 100).toFixed(1)} %`
  return `${found} of ${records} EAS records (${share}) are stale; the limit is ${(maxShare * 100).toFixed(1)} %. Look at the list; if it is right, remove them with POST stale and its count, or raise staleCleanup.maxShare.`
}
