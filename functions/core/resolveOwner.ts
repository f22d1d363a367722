/** Which user a mailbox belongs to: SID, then DN, then any SMTP address; never UPN (design.md 5). Pure. */
import type { Evidence, Owner } from './types.ts'

const strength: Record<Evidence, number> = { sid: 3, dn: 2, smtp: 1 }

/*
 * candidates                                  | owner
 * none                                        | none
 * one, or several with one strongest evidence | that one
 * several users with equally strong evidence  | none: two users claim the mailbox, and guessing could let the wrong phone in
 */
export function resolveOwner(candidates: readonly Owner[]): Owner | null {
  let best: Owner | null = null
  let isTied = false
  for (const candidate of candidates) {
    const difference = best ? strength[candidate.evidence] - strength[best.evidence] : 1
    if (difference > 0) {
      best = candidate
      isTied = false
    } else if (difference === 0 && candidate.user.id !== best?.user.id) {
      isTied = true
    }
  }
  return isTied ? null : best
}
