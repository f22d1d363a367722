/** How often a mail is tried that was certainly not sent, and when again. Pure. */
import type { MailOutcome } from '../ports.ts'
import type { LedgerMail } from '../portsStore.ts'

const minuteMs = 60_000
/** After the first, second … try. Long: what delays a mail is mended by a server's restart, or by a person. */
const waitsMs = [5, 30, 2 * 60, 8 * 60].map((minutes) => minutes * minuteMs)
export const mostTries = waitsMs.length + 1

/** The claimed mail with its outcome. A delay after the last try is a refusal; with `isOnce` a delay has no time. */
export function afterOutcome(
  claimed: LedgerMail,
  { state, message, retryAfterMs = 0 }: Omit<MailOutcome, 'id'>,
  now: Date,
  isOnce = false,
): LedgerMail {
  const waitMs = waitsMs[claimed.tries - 1]
  const ended = { ...claimed, endedAt: now.toISOString(), message: message?.slice(0, 1_000) ?? null, dueAt: null }
  if (state !== 'delayed' || isOnce) return { ...ended, state }
  if (waitMs === undefined)
    return { ...ended, state: 'refused', message: `given up after ${claimed.tries} tries: ${ended.message}` }
  return { ...ended, state, dueAt: new Date(now.getTime() + Math.max(waitMs, retryAfterMs)).toISOString() }
}
