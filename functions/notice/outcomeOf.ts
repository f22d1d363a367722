/** Sends one mail in a conversation, as a batch of its own, so that as few as can be are uncertain when the conversation breaks. */
import { AppError, asAppError } from '../errors.ts'
import type { Mail, MailOutcome } from '../core/mail.ts'
import type { Conversation } from '../ports.ts'

type Outcome = Omit<MailOutcome, 'id'>

/*
 * sendMail            | outcome                     | lost: the conversation sends no more
 * gives an outcome    | that                        | -
 * gives unknown, none | unknown                     | yes: it may have broken
 * throws badRequest   | refused: not a mail         | -
 * throws an AppError  | delayed: nothing was sent   | yes
 * throws what else    | unknown                     | yes
 */
export async function outcomeOf(
  conversation: Conversation,
  batchId: string,
  mail: Omit<Mail, 'id'>,
): Promise<{ readonly outcome: Outcome; readonly lost: AppError | null }> {
  let outcome: Outcome | null = null
  try {
    for await (const { state, message, retryAfterMs } of conversation.sendMail(batchId, [{ ...mail, id: 'mail' }])) {
      outcome = { state, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
    }
  } catch (thrown) {
    const error = asAppError(thrown)
    if (!outcome && !(thrown instanceof AppError))
      return { outcome: { state: 'unknown', message: error.message }, lost: error }
    // After an outcome, nothing that is thrown makes it another
    if (outcome) return { outcome, lost: error }
    if (error.code === 'badRequest') return { outcome: { state: 'refused', message: error.message }, lost: null }
    return { outcome: { state: 'delayed', message: error.message }, lost: error }
  }
  const told: Outcome = outcome ?? { state: 'unknown', message: 'the relay ended the batch without an outcome' }
  return { outcome: told, lost: told.state === 'unknown' ? uncertain() : null }
}

function uncertain(): AppError {
  const message = 'What became of a mail is not known: the conversation may have broken.'
  return new AppError('relayLost', message, { retryable: true })
}
