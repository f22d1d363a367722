/** Which decisions are told to the user, and how long they wait for that. Pure. */
import { reasonsWithNotice } from './noticeMail.ts'
import type { NoticeReason, StoredDecision } from './types.ts'

export interface HeldDecision extends StoredDecision {
  readonly access: 'block' | 'quarantine'
  readonly reason: NoticeReason
}

/** It keeps the record out, for a reason that its user can do something about. */
export function wantsNotice(decision: StoredDecision | null | undefined): decision is HeldDecision {
  if (!decision) return false
  return (decision.access === 'block' || decision.access === 'quarantine') && reasonsWithNotice.has(decision.reason)
}

/** What is known of the mail from before; undefined where the record was not kept out for the same reason. */
export function noticeBefore(previous: StoredDecision | null, decision: HeldDecision): StoredDecision['notice'] {
  return wantsNotice(previous) && previous.reason === decision.reason ? previous.notice : undefined
}
