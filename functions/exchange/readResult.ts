/** Decides whether a read command gave everything: a listing that was cut or that failed is an error and never a shorter list. Pure. */
import type { CommandResult, FailureCategory } from '../../protocol/messages.ts'
import { AppError } from '../errors.ts'

/*
 *   outcome                                           error
 *   an error                                          exchangeFailed
 *   rowCount is not the number of rows that came      incompleteInventory
 *   a warning that speaks of ResultSize               incompleteInventory
 *   other warnings (deprecated noun, micro delay …)   none
 */
export function readProblem(cmdlet: string, result: CommandResult, received: number): AppError | null {
  if (!result.ok) return readFailed(cmdlet, result.error ?? noReason)
  if (result.rowCount !== received) {
    const numbers = `the relay read ${result.rowCount} rows and ${received} arrived`
    return new AppError('incompleteInventory', `${cmdlet}: ${numbers}. It is read again.`, { retryable: true })
  }
  // The warning's language is the server's; the parameter's name in it is not translated.
  const cut = result.warnings.find((warning) => /ResultSize/i.test(warning))
  if (cut === undefined) return null
  const why = `Exchange cut the result after ${received} rows and said so`
  return new AppError('incompleteInventory', `${cmdlet}: ${why}: ${cut}`, { retryable: true })
}

export function readFailed(cmdlet: string, error: NonNullable<CommandResult['error']>): AppError {
  const { category, message, retryAfterMs } = error
  const wait = retryAfterMs === undefined ? '' : ` The server asks to wait ${retryAfterMs} ms.`
  const remedy = remedies[category] ?? ''
  return new AppError('exchangeFailed', `${cmdlet} failed (${category}): ${message}${wait}${remedy}`, {
    retryable: !lasting.has(category),
  })
}

const noReason = { category: 'other', message: 'the relay gave no reason' } as const

/** Time alone does not mend these. */
const lasting: ReadonlySet<FailureCategory> = new Set([
  'notFound',
  'ambiguous',
  'accessDenied',
  'cmdletHidden',
  'parameterHidden',
])

const permission = " Give the relay's account the role for it (Get-ManagementRole -Cmdlet names it)."
const remedies: Partial<Record<FailureCategory, string>> = {
  accessDenied: permission,
  cmdletHidden: permission,
  parameterHidden: permission,
  shellLimit: ' Another program uses the same account, or a session was left open: it ends after 15 minutes.',
}
