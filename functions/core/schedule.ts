/** When a connector's own syncs are due, by its settings and the times that were taken already. Pure; times are UTC. */
import type { StaleCleanup } from './stale.ts'

/** What of a connector's settings says when something happens by itself. */
export interface WhenSettings {
  readonly schedule: Schedule
  /** Partnerships of phones that do not sync any more are removed after a scheduled full sync; null: only a person removes them. */
  readonly staleCleanup: StaleCleanup | null
}

export interface Schedule {
  /** A quick sync every so many minutes, counted from midnight of 1970-01-01; 1: at every tick of the timer; null: none. */
  readonly quickMinutes: number | null
  /** Times of day (`HH:MM`) at which a full sync is due; null: when the app's own timer of full syncs says so. */
  readonly fullSyncAt: readonly string[] | null
}

/** The last times, ISO-8601, at which a sync of each kind was due and was asked for. */
export interface Slots {
  readonly full: string | null
  readonly quick: string | null
}

export interface Due {
  /** The time whose full sync is to start now; null: none is due here. */
  readonly full: string | null
  /** `slot` null: every tick is one, and nobody needs to remember it. */
  readonly quick: { readonly slot: string | null } | null
}

const minuteMs = 60_000
const dayMs = 86_400_000

/*
 * fullSyncAt | its latest time up to now                        | full sync
 * null       | -                                                | not here: the timer of full syncs starts it
 * set        | was asked for, or a full sync has ended since    | none
 * set        | neither: now is that time, or nobody was there   | due, once
 *
 * quickMinutes | its latest time up to now | quick sync
 * null         | -                         | none
 * 1            | -                         | due at every tick
 * more         | was asked for             | none
 * more         | was not                   | due, once
 */
export function dueSyncs(
  { quickMinutes, fullSyncAt }: Schedule,
  { slots, lastFullSync }: { readonly slots: Slots; readonly lastFullSync: string | null },
  now: Date,
): Due {
  const full = fullSyncAt === null ? null : latestOf(fullSyncAt, now)
  const isFullDue = full !== null && full > (slots.full ?? '') && full > (lastFullSync ?? '')
  return { full: isFullDue ? full : null, quick: dueQuick(quickMinutes, slots.quick, now) }
}

function dueQuick(minutes: number | null, taken: string | null, now: Date): Due['quick'] {
  if (minutes === null) return null
  if (minutes <= 1) return { slot: null }
  const everyMs = minutes * minuteMs
  const slot = new Date(Math.floor(now.getTime() / everyMs) * everyMs).toISOString()
  return slot > (taken ?? '') ? { slot } : null
}

/** When the next full sync is due by the connector's own times, ISO-8601: now, where one is due and was not asked for yet; null: it has no times of its own. */
export function nextFullSync(
  schedule: Schedule,
  state: { readonly slots: Slots; readonly lastFullSync: string | null },
  now: Date,
): string | null {
  if (schedule.fullSyncAt === null) return null
  if (dueSyncs(schedule, state, now).full !== null) return now.toISOString()
  // Each time of day once within the 24 hours to come
  const tomorrow = new Date(now.getTime() + dayMs)
  return schedule.fullSyncAt.flatMap((time) => latestOf([time], tomorrow) ?? []).toSorted()[0] ?? null
}

/** The latest of these times of day that is not after now, today's or yesterday's. */
function latestOf(times: readonly string[], now: Date): string | null {
  const midnight = Math.floor(now.getTime() / dayMs) * dayMs
  const latest = times.map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number)
    const today = midnight + (hours * 60 + minutes) * minuteMs
    return today <= now.getTime() ? today : today - dayMs
  })
  return latest.length === 0 ? null : new Date(Math.max(...latest)).toISOString()
}
