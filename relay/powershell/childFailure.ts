/** The ways in which a PowerShell child fails its caller, as one error. */

const childFailureKinds = [
  'missing', // the executable cannot be started
  'exit', // the child ended before it had answered, whatever its exit code
  'hang', // no answer in time; the child was killed
  'flood', // more output than any answer may have; the child was killed
  'rubbish', // the answer is not what the module prints: no last line, a wrong count, not JSON
] as const
export type ChildFailureKind = (typeof childFailureKinds)[number]

/** What was under way in that child has an unknown outcome. `stderr` is the end of what the child wrote there, for the log. */
export class ChildFailure extends Error {
  readonly kind: ChildFailureKind
  readonly stderr: string

  constructor(kind: ChildFailureKind, message: string, stderr = '', options?: ErrorOptions) {
    super(message, options)
    this.name = 'ChildFailure'
    this.kind = kind
    this.stderr = stderr
  }
}
