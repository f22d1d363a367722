/** From a command of the wire to one of the runner, and from its outcome to a result of the wire. */
import type { Command } from '../protocol/checkCommand.ts'
import { commandSpec } from '../protocol/commands.ts'
import type { CommandResult, Row } from '../protocol/messages.ts'
import type { RunnerCommand, RunnerLane, Ticket } from './powershell/runnerCommand.ts'
import type { Outcome } from './powershell/stepReply.ts'

/** A list of 100,000 records may take minutes before its first row. */
const readSilenceMs = 10 * 60_000
const changeSilenceMs = 2 * 60_000

export interface CommandSink {
  isHeld(): boolean
  onRow(row: Row, chars: number): void
  onDone(outcome: Outcome): void
}

/** Gives each batch its access to whatever runs its commands. */
export interface Lanes {
  lane(): RunnerLane
}

/** Commands of Exchange go to the runner, mails to the notification account's queue: neither waits for the other. */
export function lanesOf(runner: Lanes, mails: RunnerLane): Lanes {
  return {
    lane() {
      const exchange = runner.lane()
      return { add: (command) => (commandSpec(command.cmdlet)?.kind === 'mail' ? mails : exchange).add(command) }
    },
  }
}

/** Hands one command of a batch to the runner. `runId`: of the run that the batch is for. */
export function addCommand(
  lane: RunnerLane,
  command: Command,
  { notAfter, runId }: { readonly notAfter: () => string; readonly runId: string | undefined },
  sink: CommandSink,
): Ticket {
  const spec = commandSpec(command.cmdlet)
  const runnerCommand: RunnerCommand = {
    cmdlet: command.cmdlet,
    parameters: command.parameters,
    returns: spec?.returns ?? [],
    runId,
    silenceMs: spec?.kind === 'read' ? readSilenceMs : changeSilenceMs,
    notAfter,
    isHeld: () => sink.isHeld(),
    onRow: (row, chars) => sink.onRow(row, chars),
    onDone: (outcome) => sink.onDone(outcome),
  }
  return lane.add(runnerCommand)
}

export function resultOf(commandId: string, rowCount: number, outcome: Outcome): CommandResult {
  const { ok, warnings, durationMs, error } = outcome
  return { commandId, ok, rowCount, warnings, durationMs, ...(error && { error: withoutUndefined(error) }) }
}

function withoutUndefined({
  category,
  message,
  retryAfterMs,
}: NonNullable<Outcome['error']>): NonNullable<CommandResult['error']> {
  return { category, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
