/** Sends one batch of mails in a conversation and tells what became of each: whatever is not certain is `unknown`. */
import { checkCommand, noAllowances, type Command } from '../../protocol/checkCommand.ts'
import type { CommandResult, FailureCategory } from '../../protocol/messages.ts'
import { AppError } from '../errors.ts'
import type { Mail, MailOutcome } from '../core/mail.ts'
import type { BatchInbox } from './batchInbox.ts'
import type { RelayChannel } from './relayChannel.ts'

/** `start` sends the batch, or throws while nothing was sent. The errors are the port's. */
export async function* sendMails(
  channel: RelayChannel,
  mails: readonly Mail[],
  start: (commands: readonly Command[]) => BatchInbox,
): AsyncGenerator<MailOutcome> {
  const inbox = start(mails.map(toMailCommand))
  const open = new Set(mails.map(({ id }) => id))
  try {
    for (;;) {
      const event = await inbox.next()
      if (event.kind === 'end') return
      if (event.kind === 'rows') channel.take(event.rows.length)
      else {
        open.delete(event.result.commandId)
        yield toMailOutcome(event.result)
      }
    }
  } catch (error) {
    if (inbox.isRefused) throw error
    const message = error instanceof Error ? error.message : String(error)
    for (const id of open) yield { id, state: 'unknown', message }
  }
}

/** Throws AppError badRequest; the message does not hold what was wrong, which may be an address. */
function toMailCommand({ id, to, subject, html, imagePng }: Mail): Command {
  const parameters = { To: to, Subject: subject, Html: html, ...(imagePng !== undefined && { ImagePng: imagePng }) }
  const command = { id, cmdlet: 'Send-EasgateMail', parameters }
  try {
    checkCommand(command, { ...noAllowances, mail: true })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('badRequest', `A mail that cannot be sent: ${why}`, { cause })
  }
  return command
}

function toMailOutcome({ commandId: id, ok, error }: CommandResult): MailOutcome {
  if (ok) return { id, state: 'sent', message: null }
  const { category, message, retryAfterMs } = error ?? {
    category: 'other' as const,
    message: 'The relay gave no reason.',
  }
  return { id, state: states[category], message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

/** Of what a relay says only that which it says of mails counts as certain, and that it did not start one. */
const states: Readonly<Record<FailureCategory, MailOutcome['state']>> = {
  mailRefused: 'refused',
  mailDelayed: 'delayed',
  expired: 'delayed',
  refused: 'delayed',
  mailUnknown: 'unknown',
  notFound: 'unknown',
  ambiguous: 'unknown',
  accessDenied: 'unknown',
  cmdletHidden: 'unknown',
  parameterHidden: 'unknown',
  throttled: 'unknown',
  shellLimit: 'unknown',
  sessionBroken: 'unknown',
  childFailed: 'unknown',
  other: 'unknown',
}
