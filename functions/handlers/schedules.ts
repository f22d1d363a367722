/** When the timers fire: an app setting, or the default where it is missing. */

export const defaultSchedules = {
  /** Once a day, at 02:00 UTC. */
  FULL_SYNC_SCHEDULE: '0 0 2 * * *',
  /** Every minute. */
  QUICK_SYNC_SCHEDULE: '0 * * * * *',
  /** Every minute, when a quick sync of the same minute has spoken with its relay. */
  PRESENCE_SCHEDULE: '10 * * * * *',
} as const

/**
 * What the registration gets: a reference that the host fills in, so that a changed setting counts without a new build; but the
 * default itself where the setting is missing, because an unresolved reference leaves the timer out and nobody notices.
 */
export function schedule(
  name: keyof typeof defaultSchedules,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return env[name]?.trim() ? `%${name}%` : defaultSchedules[name]
}
