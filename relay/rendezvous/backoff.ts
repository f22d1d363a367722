/** How long to wait before dialling again. Pure. */

/**
 * Full jitter: anything between 0 and base × 2^failures, at most `capMs`. Many relays that lost the service together come back spread out.
 * `failures` counts the failures before this one; `random` gives [0, 1).
 */
export function backoffMs(failures: number, options: { baseMs: number; capMs: number }, random: () => number): number {
  return Math.round(random() * Math.min(options.capMs, options.baseMs * 2 ** Math.min(failures, 30)))
}
