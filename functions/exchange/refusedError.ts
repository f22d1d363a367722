/** What a relay's refusal means for the caller. Pure. */
import type { RefusalCode } from '../../protocol/refusal.ts'
import { AppError } from '../errors.ts'

/** Nothing of what was refused was executed. Only what time alone can mend is tried again. */
export function refusedError(what: string, code: RefusalCode, message: string): AppError {
  const said = message.length > maxChars ? `${message.slice(0, maxChars)}…` : message
  // The relay's own configuration: a person there can change it
  const kind = code === 'notAllowed' ? 'conflict' : 'relayRefused'
  return new AppError(kind, `The relay refused ${what} (${code}): ${said}. Nothing of it was executed.`, {
    retryable: code === 'busy' || code === 'expired',
  })
}

const maxChars = 1000
