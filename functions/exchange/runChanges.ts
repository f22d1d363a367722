/** Runs one batch of changes in a conversation and tells each outcome as it comes. */
import type { Row } from '../../protocol/messages.ts'
import type { CommandOutcome, Log } from '../ports.ts'
import type { BatchInbox } from './batchInbox.ts'
import type { RelayChannel } from './relayChannel.ts'
import { toOutcome } from './toOutcome.ts'

/**
 * `start` sends the batch before this returns, so that several can be on their way; whatever went wrong is thrown where the outcomes are iterated. Outcomes
 * that came before the conversation broke are given first.
 */
export function runChanges(channel: RelayChannel, start: () => BatchInbox, log: Log): AsyncIterable<CommandOutcome> {
  let inbox: BatchInbox | null = null
  let problem: unknown
  try {
    inbox = start()
  } catch (error) {
    problem = error
  }
  return outcomes(channel, inbox, problem, log)
}

async function* outcomes(
  channel: RelayChannel,
  inbox: BatchInbox | null,
  problem: unknown,
  log: Log,
): AsyncGenerator<CommandOutcome> {
  if (!inbox) throw problem
  const firstRows = new Map<string, Row>()
  for (;;) {
    const event = await inbox.next()
    if (event.kind === 'rows') {
      const [row] = event.rows
      if (row && !firstRows.has(event.commandId)) firstRows.set(event.commandId, row)
      channel.take(event.rows.length)
    } else if (event.kind === 'result') {
      yield toOutcome(event.result, firstRows.get(event.result.commandId))
    } else {
      if (event.repeated) log.info('exchange.batchRepeated', { batchId: inbox.batchId })
      return
    }
  }
}
