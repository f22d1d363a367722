/** From Exchange's reasons to the contract's error categories: by Reason and FailureCategory, never by message. Pure. */
import type { WireError } from '../cmdletError.ts'

export interface Failure {
  readonly category: string
  readonly message: string
  readonly retryAfterMs?: number
}

// Reason                              | FailureCategory         | category
// ManagementObjectNotFoundException   |                         | notFound
// ManagementObjectAmbiguousException  |                         | ambiguous
// ADOperationException, Authorization…|                         | accessDenied
// CommandNotFoundException            |                         | cmdletHidden
// ParameterBindingException           | NamedParameterNotFound  | parameterHidden
// PSRemotingTransportException        | WSManUserLoadQuota      | throttled
//                                     | …MaxConcurrentShells    | shellLimit
//                                     | AccessDenied…           | accessDenied
//                                     | any other               | sessionBroken
// any                                 | AuthZ-Authorization…    | shellLimit
// InvalidRunspaceState…, PSInvalid…   |                         | sessionBroken
// anything else                       |                         | other
export function toFailure({ reason, failureCategory, message, retryAfterMs }: WireError): Failure {
  const category = categoryOf(reason, failureCategory)
  return { category, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

const byReason: Readonly<Record<string, string>> = {
  ManagementObjectNotFoundException: 'notFound',
  ManagementObjectAmbiguousException: 'ambiguous',
  ADOperationException: 'accessDenied',
  AuthorizationException: 'accessDenied',
  CmdletAccessDeniedException: 'accessDenied',
  UnauthorizedAccessException: 'accessDenied',
  CommandNotFoundException: 'cmdletHidden',
  InvalidRunspaceStateException: 'sessionBroken',
  InvalidPipelineStateException: 'sessionBroken',
  PSRemotingDataStructureException: 'sessionBroken',
  PSInvalidOperationException: 'sessionBroken',
}

function categoryOf(reason: string, failureCategory: string): string {
  if (failureCategory === 'AuthZ-AuthorizationException') return 'shellLimit'
  if (reason === 'ParameterBindingException' && failureCategory === 'NamedParameterNotFound') return 'parameterHidden'
  if (reason !== 'PSRemotingTransportException') return byReason[reason] ?? 'other'
  if (failureCategory === 'WSManUserLoadQuota') return 'throttled'
  if (failureCategory.startsWith('AccessDenied')) return 'accessDenied'
  return failureCategory.endsWith('MaxConcurrentShells') ? 'shellLimit' : 'sessionBroken'
}
