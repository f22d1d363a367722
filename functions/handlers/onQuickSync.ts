/** Timer, every minute by default: the syncs that are due by each connector's schedule. */
import type { InvocationContext, Timer } from '@azure/functions'
import { processWiring, type Wiring } from '../wiring.ts'
import { startEverywhere } from './startEverywhere.ts'

export async function onQuickSync(
  _timer: Timer,
  context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<void> {
  await startEverywhere('quick', context, wiring)
}
