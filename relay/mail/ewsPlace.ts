/** Where EWS is: from the configuration, or from Autodiscover, remembered for a week and doubted when it fails. */
import { findEws, type Found, type FindOptions } from './findEws.ts'

const hourMs = 60 * 60_000
const weekMs = 7 * 24 * hourMs
/** A search that failed is not made again for each mail that waits. */
const failedMs = 5 * 60_000

export type Place =
  { readonly url: string; readonly by: string } | { readonly tried: readonly string[]; readonly retryAfterMs: number }

export interface EwsPlaceOptions extends FindOptions {
  /** From the configuration; then nothing is searched for. */
  readonly ewsUrl?: string | undefined
}

/*
 * known          | age, doubt                 | find
 * nothing        |                            | search
 * a failure      | under 5 min                | the failure
 *                | older                      | search
 * an address     | under a week, not doubted  | the address
 *                | doubted and under 1 h old  | the address: what it said is not the place's fault
 *                | doubted and older          | search; the address when that finds nothing, until it is a week old
 *                | a week or older            | search
 */
export class EwsPlace {
  private readonly options: EwsPlaceOptions
  private known: { readonly found: Found; readonly atMs: number } | undefined
  private failedAtMs = Number.NEGATIVE_INFINITY
  private isDoubted = false

  constructor(options: EwsPlaceOptions) {
    this.options = options
  }

  /** Never throws. */
  async find(): Promise<Place> {
    const { ewsUrl, now } = this.options
    if (ewsUrl !== undefined) return { url: ewsUrl, by: 'the configuration' }
    const ageMs = now() - (this.known?.atMs ?? 0)
    const sinceFailureMs = now() - this.failedAtMs
    const kept = this.known && 'url' in this.known.found && ageMs < weekMs ? this.known.found : undefined
    if (kept && (!this.isDoubted || ageMs < hourMs || sinceFailureMs < failedMs)) return kept
    if (!kept && this.known && 'tried' in this.known.found && ageMs < failedMs) {
      return { ...this.known.found, retryAfterMs: failedMs - ageMs }
    }
    const found = await findEws(this.options)
    if ('tried' in found) this.failedAtMs = now()
    if ('tried' in found && kept) return kept
    this.known = { found, atMs: now() }
    this.isDoubted = false
    return 'url' in found ? found : { ...found, retryAfterMs: failedMs }
  }

  /** What was found did not answer as EWS of this mailbox would: the next mail looks again, unless it was found just now. */
  doubt(): void {
    this.isDoubted = true
  }
}
