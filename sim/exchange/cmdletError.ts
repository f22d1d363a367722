/** The errors that Exchange cmdlets end with, by CategoryInfo.Reason (facts/exchange-and-graph.md A11). */

export interface WireError {
  readonly reason: string
  readonly message: string
  readonly failureCategory: string
  readonly retryAfterMs?: number
}

/** An error record. `reason` is what a client may branch on; the text is localised on a real server. */
export class CmdletError extends Error {
  override readonly name = 'CmdletError'
  readonly reason: string
  readonly failureCategory: string
  readonly retryAfterMs: number | undefined

  constructor(reason: string, message: string, failureCategory = `Cmdlet-${reason}`, retryAfterMs?: number) {
    super(message)
    this.reason = reason
    this.failureCategory = failureCategory
    this.retryAfterMs = retryAfterMs
  }

  toWire(): WireError {
    const { reason, message, failureCategory, retryAfterMs } = this
    return { reason, message, failureCategory, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }
}

export const errors = {
  notFound: (identity: string, server: string) =>
    new CmdletError(
      'ManagementObjectNotFoundException',
      `The operation couldn't be performed because object '${identity}' couldn't be found on '${server}'.`,
    ),
  ambiguous: (identity: string) =>
    new CmdletError(
      'ManagementObjectAmbiguousException',
      `The operation couldn't be performed because '${identity}' matches multiple entries.`,
    ),
  alreadyExists: (dn: string, server: string) =>
    new CmdletError(
      'ADObjectAlreadyExistsException',
      `Active Directory operation failed on ${server}. The object '${dn}' already exists.`,
    ),
  cmdletHidden: (cmdlet: string) =>
    new CmdletError(
      'CommandNotFoundException',
      `The term '${cmdlet}' is not recognized as the name of a cmdlet, function, script file, or operable program.`,
      'CommandNotFoundException',
    ),
  parameterHidden: (parameter: string) =>
    new CmdletError(
      'ParameterBindingException',
      `A parameter cannot be found that matches parameter name '${parameter}'.`,
      'NamedParameterNotFound',
    ),
  badParameter: (message: string, failureCategory: string) =>
    new CmdletError('ParameterBindingException', message, failureCategory),
  validation: (message: string) => new CmdletError('DataValidationException', message),
  badFilter: (message: string) =>
    new CmdletError('ParameterBindingException', `Cannot bind parameter 'Filter': ${message}`, 'ParsingException'),
  inUse: (name: string) =>
    new CmdletError(
      'CannotDeleteAssociatedMailboxPolicyException',
      `Can't remove the mailbox policy '${name}' because it's associated with one or more users.`,
    ),
  loadQuota: (waitMs: number) =>
    new CmdletError(
      'PSRemotingTransportException',
      `The WS-Management service cannot process the request. The user load quota of 1000 requests per 2 seconds has been exceeded. Send future requests at a slower rate or raise the quota. The next request from this user will not be approved for at least ${waitMs} milliseconds.`,
      'WSManUserLoadQuota',
      waitMs,
    ),
  shellLimit: (limit: number) =>
    new CmdletError(
      'PSRemotingTransportException',
      `The WS-Management service cannot process the request. This user is allowed a maximum number of ${limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user.`,
      'PSSessionOpenFailed,MaxConcurrentShells',
    ),
  transport: () =>
    new CmdletError(
      'PSRemotingTransportException',
      'Processing data from the remote server failed: the connection was closed.',
      'WSManConnection',
    ),
  unreachable: (server: string) =>
    new CmdletError(
      'PSRemotingTransportException',
      `Connecting to remote server ${server} failed: WinRM cannot complete the operation.`,
      'PSSessionOpenFailed,WinRMOperationTimeout',
    ),
  refusedAccount: (server: string) =>
    new CmdletError(
      'PSRemotingTransportException',
      `Connecting to remote server ${server} failed with the following error message : Access is denied.`,
      'AccessDenied,PSSessionOpenFailed',
    ),
  busy: () =>
    new CmdletError(
      'PSInvalidOperationException',
      'A pipeline is already running in this runspace.',
      'InvalidOperation',
    ),
  broken: () =>
    new CmdletError(
      'InvalidRunspaceStateException',
      'The pipeline cannot run because the session state is Broken.',
      'InvalidRunspaceState',
    ),
  accessRights: (server: string) =>
    new CmdletError(
      'ADOperationException',
      `Active Directory operation failed on ${server}. Insufficient access rights to perform the operation. 00002098: SecErr: DSID-03150F94, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0`,
    ),
} as const
