/** Finds commands that Exchange says nothing of: a hung pipeline would otherwise hold its session for ever. */
import type { Pending } from './runnerCommand.ts'

/**
 * `given` in the order in which the module got them: it starts them in that order, so the first `running` ones run and the others wait
 * there. Marks what it finds: `newly` silent ones are to be stopped; `stubborn` is true when one did not stop in time.
 */
export function findSilent(
  given: Iterable<Pending>,
  { running, nowMs, stopGraceMs }: { running: number; nowMs: number; stopGraceMs: number },
): { newly: Pending[]; stubborn: boolean } {
  const newly: Pending[] = []
  let stubborn = false
  let place = 0
  for (const pending of given) {
    if (place >= running || pending.command.isHeld()) pending.heardMs = nowMs
    place += 1
    if (pending.stoppedMs !== undefined) stubborn ||= nowMs - pending.stoppedMs >= stopGraceMs
    else if (nowMs - pending.heardMs >= pending.command.silenceMs) {
      pending.stoppedMs = nowMs
      newly.push(pending)
    }
  }
  return { newly, stubborn }
}
