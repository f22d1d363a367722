/** Runs read commands in a conversation: one streamed page by page, or several collected whole. */
import type { Command } from '../../protocol/checkCommand.ts'
import type { CommandResult, Row } from '../../protocol/messages.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../ports.ts'
import { readProblem } from './readResult.ts'
import type { RelayChannel } from './relayChannel.ts'

export interface ReadOptions {
  readonly newId: () => string
  readonly log: Log
}

/** What a read command without an id is. */
export type ReadCommand = Omit<Command, 'id'>

/**
 * The rows of one command as they come. The relay gets credit for a page when the next one is asked for, so a slow caller slows Exchange and not more
 * rows wait here than the credit allows. Throws AppError at the end when it was not everything. Leaving early ends the conversation: the protocol has
 * no way to call a listing off.
 */
export async function* readPages(
  channel: RelayChannel,
  command: ReadCommand,
  options: ReadOptions,
): AsyncGenerator<readonly Row[]> {
  const inbox = channel.start(options.newId(), [{ id: '0', ...command }])
  let isWhole = false
  try {
    for (;;) {
      const event = await inbox.next()
      if (event.kind === 'end') break
      if (event.kind === 'rows') {
        yield event.rows
        channel.take(event.rows.length)
      } else throwProblem(command.cmdlet, event.result, event.received, options.log)
    }
    isWhole = true
  } finally {
    if (!isWhole) channel.fail(leftEarly(command.cmdlet))
  }
}

export interface ReadAnswer {
  readonly rows: readonly Row[]
  readonly result: CommandResult
  /** Null: everything arrived. */
  readonly problem: AppError | null
}

/** Everything that the commands gave, in their order; what is asked for must be small. The caller decides which problem it can live with. */
export async function readAll(
  channel: RelayChannel,
  commands: readonly ReadCommand[],
  options: ReadOptions,
): Promise<ReadAnswer[]> {
  const ids = commands.map((_, index) => String(index))
  const rows = new Map<string, Row[]>(ids.map((id) => [id, []]))
  const answers = new Map<string, ReadAnswer>()
  const inbox = channel.start(
    options.newId(),
    commands.map((command, index) => ({ id: String(index), ...command })),
  )
  for (;;) {
    const event = await inbox.next()
    if (event.kind === 'end') break
    if (event.kind === 'rows') {
      channel.take(event.rows.length)
      rows.get(event.commandId)?.push(...event.rows)
    } else {
      const { result, received } = event
      const cmdlet = commands[Number(result.commandId)]?.cmdlet ?? ''
      logWarnings(cmdlet, result, options.log)
      const problem = readProblem(cmdlet, result, received)
      answers.set(result.commandId, { rows: rows.get(result.commandId) ?? [], result, problem })
    }
  }
  return ids.flatMap((id) => answers.get(id) ?? [])
}

function throwProblem(cmdlet: string, result: CommandResult, received: number, log: Log): void {
  logWarnings(cmdlet, result, log)
  const problem = readProblem(cmdlet, result, received)
  if (problem) throw problem
}

/** Their text may name people; how many there were is enough to look them up in the relay's log. */
function logWarnings(cmdlet: string, result: CommandResult, log: Log): void {
  if (result.warnings.length > 0) log.info('exchange.readWarnings', { cmdlet, warnings: result.warnings.length })
}

function leftEarly(cmdlet: string): AppError {
  return new AppError('internal', `The conversation is over: the listing of ${cmdlet} was not read to its end.`)
}
