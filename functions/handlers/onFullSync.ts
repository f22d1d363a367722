/** Timer, once a day by default: a full sync of every connector that has no times of its own. */
import type { InvocationContext, Timer } from '@azure/functions'
import { processWiring, type Wiring } from '../wiring.ts'
import { startEverywhere } from './startEverywhere.ts'

export async function onFullSync(
  _timer: Timer,
  context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<void> {
  await startEverywhere('full', context, wiring)
}
