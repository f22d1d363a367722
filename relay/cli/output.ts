/** What every command of the relay's program prints and exits with: text for people, or one JSON object with --json. */

/** Wrong use: an option or a value that cannot be right. Names the option and the remedy; exit code 2. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
  }
}

/** The command did its work and the answer is no, or it could not do it; exit code 1. Printed without a stack. */
export class CommandFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandFailure'
  }
}

/** The command has printed its answer, and it is no (check, status): exit code 1, and nothing more is printed. */
export class AnswerIsNo extends Error {
  constructor() {
    super('the answer is no')
    this.name = 'AnswerIsNo'
  }
}

export interface Output {
  readonly json: boolean
  readonly write: (text: string) => void
}

/** One JSON object with `--json`, else the lines. */
export function print({ json, write }: Output, value: object, lines: readonly string[]): void {
  write(json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''))
}
