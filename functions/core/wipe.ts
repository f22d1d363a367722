/** What a person may have done to a phone or its partnership, and the ledger that keeps a wipe from being sent twice. Pure. */

/** `record`: Guid of the EAS record. remove ends the partnership; data on the phone stays. */
export type DestroyCommand = { readonly id: string; readonly record: string } & (
  | { readonly kind: 'wipe'; readonly accountOnly: boolean }
  | { readonly kind: 'cancelWipe'; readonly accountOnly: boolean }
  | { readonly kind: 'remove' }
)

/** The last wipe of an EAS record. */
export interface LedgerWipe {
  readonly record: string
  readonly accountOnly: boolean
  /**
   * claimed: somebody is sending it, or died doing so. done: Exchange took it; the phone is wiped when it connects. failed: it was not done. unknown: it may
   * have been sent. cancelled: taken back before the phone confirmed it, as far as Exchange said.
   */
  readonly state: 'claimed' | 'done' | 'failed' | 'unknown' | 'cancelled'
  readonly batchId: string
  /** Who asked. */
  readonly by: string
  /** ISO-8601 UTC. */
  readonly claimedAt: string
  readonly endedAt: string | null
  readonly message: string | null
}

/** A claim this old was never ended: a batch lives five minutes. */
const staleMs = 20 * 60_000

/*
 * the ledger has                 | asked          | answer
 * nothing, failed or cancelled   | either         | may be claimed
 * claimed, less than 20 min ago  | either         | under way
 * done, unknown, or an old claim | once more      | may be claimed: a person has looked and says so
 * done, unknown, or an old claim | without a word | sent, or may have been: not again by itself
 */
/** Why the wipe may not be sent; null: it may be claimed. */
export function wipeProblem(last: LedgerWipe | null, isAgain: boolean, now: Date): string | null {
  if (!last || last.state === 'failed' || last.state === 'cancelled') return null
  const { state, claimedAt, by } = last
  const isFresh = now.getTime() - Date.parse(claimedAt) < staleMs
  if (state === 'claimed' && isFresh)
    return `a wipe asked for by ${by} at ${claimedAt} is being sent; look again in a minute`
  if (isAgain) return null
  const what = state === 'done' ? 'was sent' : 'may have been sent: its outcome is not known'
  return `a wipe asked for by ${by} at ${claimedAt} ${what}; look at the phone's state in Exchange, and to send another say "again": true`
}
