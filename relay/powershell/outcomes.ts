/** Outcomes of commands that the module did not end itself. Pure. */
import type { Failure, Outcome } from './stepReply.ts'

export function refused(): Outcome {
  return outcome({ category: 'refused', message: 'not started: the relay is shutting down' })
}

export function expired(notAfter: string): Outcome {
  return outcome({ category: 'expired', message: `not started: the batch expired at ${notAfter}` })
}

/** The child could not be opened; the reason is why. */
export function withReason(failure: Failure): Outcome {
  return outcome({ ...failure, message: `not started: ${failure.message}` })
}

export function childFailed(message: string): Outcome {
  return outcome({ category: 'childFailed', message: `${message}; the outcome is unknown` })
}

export function silent(silenceMs: number): Outcome {
  const seconds = Math.round(silenceMs / 1000)
  const message = `Exchange said nothing for ${seconds} s; the command was stopped, the outcome is unknown`
  return outcome({ category: 'sessionBroken', message })
}

function outcome(error: Failure): Outcome {
  return { ok: false, warnings: [], durationMs: 0, error }
}
