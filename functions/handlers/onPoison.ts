/** Queue run-steps-poison: a step that failed at every delivery ends its run, so that the next one can start. */
import type { InvocationContext } from '@azure/functions'
import { failRun } from '../sync/failRun.ts'
import { processWiring, type Wiring } from '../wiring.ts'
import { parseStepMessage } from './stepMessage.ts'

const failure = {
  code: 'gaveUp',
  message:
    'a step of this run failed at every delivery of its message; the reasons are the stepFailed lines of this run in the log',
}

export async function onPoison(
  message: unknown,
  context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<void> {
  const parsed = parseStepMessage(message)
  const { connectorId, runId, position } = parsed ?? {}
  // By name: whoever has the right to send here may have put anything in it
  wiring.log(context).error('poisonMessage', { parsed: parsed !== null, connectorId, runId, position })
  // No run to end; failing would only move it from poison queue to poison queue.
  if (!parsed) return
  await failRun(await wiring.ports(context), parsed, failure)
}
