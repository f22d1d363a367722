/**
 * How long it took from a change to its command, as a distribution in a run's counts: `delay.le10` … `delay.more`, which together are all that was measured.
 * From when, says changedAt (plan.ts). Pure.
 */
import type { Counts } from './run.ts'

/** Upper ends of the buckets, inclusive, in seconds. A slower change is `more`. */
const limits = [10, 30, 60, 120, 300] as const

export interface Delay {
  /** How many changes were measured: all buckets together. */
  readonly changes: number
  /** By delay; `upToSeconds` null: longer than all before. */
  readonly buckets: readonly { readonly upToSeconds: number | null; readonly changes: number }[]
  /** Half of them, and nineteen of twenty, took at most so long: upper ends of buckets. null: longer than the last has one. */
  readonly p50Seconds: number | null
  readonly p95Seconds: number | null
}

/** The count that a delay adds to. Clocks differ: below zero is zero. */
export function delayCount(delayMs: number): string {
  return nameOf(limits.find((limit) => delayMs <= limit * 1_000) ?? null)
}

/** null: nothing was measured. */
export function delayOf(counts: Counts): Delay | null {
  const buckets = [...limits, null].map((upToSeconds) => ({ upToSeconds, changes: counts[nameOf(upToSeconds)] ?? 0 }))
  const changes = buckets.reduce((sum, bucket) => sum + bucket.changes, 0)
  if (changes === 0) return null
  const within = (share: number) => {
    let sum = 0
    return buckets.find((bucket) => (sum += bucket.changes) >= share * changes)?.upToSeconds ?? null
  }
  return { changes, buckets, p50Seconds: within(0.5), p95Seconds: within(0.95) }
}

function nameOf(upToSeconds: number | null): string {
  return upToSeconds === null ? 'delay.more' : `delay.le${upToSeconds}`
}
