/** The one error type of the functions side. `retryable` is what the queue and the transports act on. */

export type ErrorCode =
  | 'badConfiguration' // an app setting is missing or wrong; ours to report, the operator's to mend
  | 'badRequest' // a caller's body or parameter is wrong
  | 'notFound' // a connector, run, record or relay that does not exist
  | 'conflict' // the state does not allow it: approve a run that is not held
  | 'changedMeanwhile' // an ETag did not fit: somebody else wrote first
  | 'noRelay' // no relay of the connector is connected
  | 'relayNotApproved' // a relay answered whose key no administrator approved
  | 'relayRefused' // the relay refused a batch: a fault of ours or of its configuration
  | 'organizationTaken' // another connector serves the Exchange organization of this connector's relay
  | 'connectorRetired' // another connector took this one's place, or a person retired it
  | 'relayLost' // the conversation broke before everything was answered
  | 'exchangeFailed' // a cmdlet that a run cannot do without failed
  | 'graphFailed' // Graph failed after retries
  | 'graphDenied' // 401 or 403: a permission is missing
  | 'groupNotFound' // a group of the policy does not exist
  | 'incompleteInventory' // a gathering was cut or broke its own rules; nothing is decided on it
  | 'storeFailed' // Table or Queue Storage failed after retries
  | 'internal' // cannot happen

export interface AppErrorOptions extends ErrorOptions {
  readonly retryable?: boolean
}

/** Message: what failed, which thing, the numbers, what to do. Never a token, key or mail content. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** Any thrown value as an AppError; what was not foreseen is `internal` and retryable, because a queue may try again. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AppError('internal', message, { cause: thrown, retryable: true })
}
