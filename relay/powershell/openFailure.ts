/** The error of a PowerShell child or Exchange session that cannot be opened. */
import type { Failure } from './stepReply.ts'

/** Why no child could be opened; `failure` is what a command that waits for one is answered with. */
export class OpenFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options)
    this.name = 'OpenFailure'
    this.failure = failure
  }
}
