/** Waits for a condition of another process, which has no event for us: asks again and again until the answer is there. */
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 10

/** The first answer that is neither null nor false. Throws after `boundMs`, naming what did not come. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | false> | T | null | false,
  boundMs = 60_000,
): Promise<T> {
  const end = performance.now() + boundMs
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== false) return answer
    if (performance.now() > end) throw new Error(`not within ${boundMs / 1000} s: ${what}`)
    await delay(pollMs)
  }
}
