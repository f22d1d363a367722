import type { RunnerCommand } from '../../relay/powershell/runnerCommand.ts'

/** A command that nobody holds up and that never expires; a test says what differs. */
export function aCommand(given: Pick<RunnerCommand, 'cmdlet' | 'parameters'> & Partial<RunnerCommand>): RunnerCommand {
  return {
    returns: [],
    silenceMs: 120_000,
    notAfter: () => '2999-01-01T00:00:00.000Z',
    isHeld: () => false,
    onRow: () => {},
    onDone: () => {},
    ...given,
  }
}
