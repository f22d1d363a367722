/** Queue run-steps: one bounded step of a run. What fails is delivered again by the queue, and after five times ends in onPoison. */
import type { InvocationContext } from '@azure/functions'
import { AppError } from '../errors.ts'
import { runStep } from '../sync/runStep.ts'
import { processWiring, type Wiring } from '../wiring.ts'
import { deliveryOf, parseStepMessage } from './stepMessage.ts'

export async function onRunStep(
  message: unknown,
  context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<void> {
  const parsed = parseStepMessage(message)
  // Failing keeps a message that somebody put here by hand where it can be looked at: in the poison queue.
  if (!parsed)
    throw new AppError(
      'badRequest',
      'a message of run-steps has no connectorId, runId and position; look at run-steps-poison',
    )
  await runStep(await wiring.ports(context), parsed, deliveryOf(context))
}
