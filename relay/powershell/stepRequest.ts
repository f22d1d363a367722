/** The request of one Step-Easgate, and how large a step may be. Pure. */
import type { Pending } from './runnerCommand.ts'

/** A step ends with its first line; this is how long it waits for one when a new command could start meanwhile, and when none could or a call ends the wait. */
const waitMs = { free: 25, full: 500 } as const
/** What one reply may hold, in characters of row text: it is kept whole in memory, twice. */
const replyChars = 1_000_000
const mostRows = 5_000
/** Before anything is known of a cmdlet's rows. */
const unknownRowChars = 5_000
/** Parameters handed over in one step, in characters. */
const startChars = 256_000

/** The argument of Step-Easgate, as JSON. */
export interface StepRequest {
  readonly start: readonly object[]
  readonly hold: readonly string[]
  readonly cancel: readonly string[]
  readonly waitMs: number
  readonly maxRows: number
}

export function stepRequest(step: {
  start: readonly Pending[]
  hold: readonly Pending[]
  cancel: readonly string[]
  mayWait: boolean
  maxRows: number
}): StepRequest {
  return {
    start: step.start.map(({ key, command }) => ({
      key,
      cmdlet: command.cmdlet,
      parameters: command.parameters,
      returns: command.returns,
      notAfter: command.notAfter(),
    })),
    hold: step.hold.map(({ key }) => key),
    cancel: step.cancel,
    waitMs: step.mayWait ? waitMs.full : waitMs.free,
    maxRows: step.maxRows,
  }
}

/** Learns how long the rows of each cmdlet are, so that a reply stays within its size whatever the mailboxes' lists hold. */
export class StepSizes {
  private readonly rowChars = new Map<string, number>()

  /** Rows that one reply may hold while these run. */
  maxRows(given: Iterable<Pending>): number {
    const chars = [...given].map(({ command }) => this.rowChars.get(command.cmdlet) ?? unknownRowChars)
    return Math.min(mostRows, Math.max(10, Math.floor(replyChars / Math.max(1, ...chars))))
  }

  /** Grows at once with long rows and shrinks slowly. */
  learn(cmdlet: string, chars: number): void {
    const known = this.rowChars.get(cmdlet) ?? unknownRowChars
    this.rowChars.set(cmdlet, Math.max(chars, known + (chars - known) / 500))
  }

  hasRoomFor(start: readonly Pending[]): boolean {
    if (start.length === 0) return true
    return start.reduce((sum, { command }) => sum + JSON.stringify(command.parameters).length, 0) < startChars
  }
}
