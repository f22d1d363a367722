/** How long one message may go on before it hands on the next: well under the functions' time limit. */
import type { Clock } from '../ports.ts'

const stepMs = 2 * 60_000

export function deadline(clock: Clock): () => boolean {
  const end = clock.now().getTime() + stepMs
  return () => clock.now().getTime() >= end
}
