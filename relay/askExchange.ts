/** Runs a read cmdlet for the relay itself, behind the commands of the conversations and on the same sessions. */
import { commandSpec } from '../protocol/commands.ts'
import type { Row } from '../protocol/messages.ts'
import type { ParameterValue } from '../protocol/values.ts'
import type { CommandRunner } from './powershell/commandRunner.ts'
import type { Failure } from './powershell/stepReply.ts'

export interface Answer {
  readonly rows: readonly Row[]
  /** Why there are not more rows. */
  readonly failure?: Failure
}

/** Never rejects. `parameters` as the closed list has them. */
export type Ask = (cmdlet: string, parameters: Readonly<Record<string, ParameterValue>>) => Promise<Answer>

const patienceMs = 10 * 60_000
const silenceMs = 2 * 60_000

export function askThrough(runner: CommandRunner, now: () => number): Ask {
  return async (cmdlet, parameters) =>
    new Promise((resolve) => {
      const rows: Row[] = []
      const notAfter = new Date(now() + patienceMs).toISOString()
      runner.lane().add({
        cmdlet,
        parameters,
        returns: commandSpec(cmdlet)?.returns ?? [],
        silenceMs,
        notAfter: () => notAfter,
        isHeld: () => false,
        onRow: (row) => rows.push(row),
        onDone: ({ error }) => resolve({ rows, ...(error && { failure: error }) }),
      })
    })
}
