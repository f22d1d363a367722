/** Outcomes of commands that the module did not end itself. Pure. */
import type { Failure, Outcome, StepReply } from './stepReply.ts'

export function refused(): Outcome {
  return outcome({ category: 'refused', message: 'not started: the relay is shutting down' })
}

export function expired(notAfter: string): Outcome {
  return outcome({ category: 'expired', message: `not started: the batch expired at ${notAfter}` })
}

/**
 * No session could be opened; the reason is why. The category speaks of the command, which was not started: what kept the session from
 * being opened is not to be taken for what Exchange says of a mailbox.
 */
export function withReason({ category, message, retryAfterMs }: Failure): Outcome {
  const isWait = category === 'throttled' || category === 'shellLimit'
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  return outcome({ category: isWait ? category : 'refused', message: `not started: ${message}`, ...wait })
}

export function childFailed(message: string): Outcome {
  return outcome({ category: 'childFailed', message: `${message}; the outcome is unknown` })
}

export function silent(silenceMs: number): Outcome {
  const seconds = Math.round(silenceMs / 1000)
  const message = `Exchange said nothing for ${seconds} s; the command was stopped, the outcome is unknown`
  return outcome({ category: 'sessionBroken', message })
}

/** The sessions were lost under it. */
export function sessionsLost(): Outcome {
  return outcome({ category: 'sessionBroken', message: 'every session to Exchange was lost; the outcome is unknown' })
}

/**
 * The module has no session, and ended the command with the very failure for which it has none. In no time: the command never left for
 * Exchange. Otherwise it had been started, its session broke, and there was none to repeat it on.
 */
export function endedForWantOfSession(
  { ok, durationMs, error }: Outcome,
  { open, failure }: StepReply,
): 'unstarted' | 'lost' | undefined {
  if (ok || open !== 0 || !failure) return undefined
  if (error?.category !== failure.category || error.message !== failure.message) return undefined
  return durationMs === 0 ? 'unstarted' : 'lost'
}

function outcome(error: Failure): Outcome {
  return { ok: false, warnings: [], durationMs: 0, error }
}
