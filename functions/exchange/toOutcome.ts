/** What a relay said of one command, in the words of the port. Pure. */
import type { CommandResult, FailureCategory, Row } from '../../protocol/messages.ts'
import type { CommandOutcome } from '../ports.ts'
import { guidOf } from './exchangeValue.ts'

type Ran = NonNullable<CommandOutcome['failure']>['ran']

/** `row` is the first row that the command returned, such as the rule that New-… made. */
export function toOutcome(result: CommandResult, row: Row | undefined): CommandOutcome {
  const { commandId: id, warnings, durationMs } = result
  if (result.ok) {
    const guid = row && guidOf(row)
    return { id, ok: true, warnings, durationMs, ...(guid ? { guid } : {}) }
  }
  const { category, message } = result.error ?? noReason
  return { id, ok: false, warnings, durationMs, failure: { category, message, ran: ranByCategory[category] } }
}

const noReason = { category: 'other', message: 'The relay gave no reason.' } as const

// Whether the command may have changed something. `other` is an error that the cmdlet itself ended with: it ran.
const ranByCategory: Readonly<Record<FailureCategory, Ran>> = {
  notFound: 'no',
  ambiguous: 'no',
  accessDenied: 'no',
  cmdletHidden: 'no',
  parameterHidden: 'no',
  throttled: 'no',
  shellLimit: 'no',
  expired: 'no',
  refused: 'no',
  sessionBroken: 'unknown',
  childFailed: 'unknown',
  mailRefused: 'no',
  mailDelayed: 'no',
  mailUnknown: 'unknown',
  other: 'yes',
}
