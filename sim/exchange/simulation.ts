/** Everything that one simulated Exchange consists of. */
import { Exchange } from './exchange.ts'
import { Faults } from './faults.ts'
import { Journal } from './journal.ts'
import { Latency } from './latency.ts'
import { Shells } from './shells.ts'
import type { ExchangeWorld } from './world.ts'

export interface Simulation {
  readonly exchange: Exchange
  readonly faults: Faults
  readonly journal: Journal
  readonly latency: Latency
  readonly shells: Shells
  readonly now: () => number
}

export function createSimulation(world: ExchangeWorld, now: () => number = Date.now): Simulation {
  return {
    exchange: new Exchange(world, now),
    faults: new Faults(),
    journal: new Journal(),
    latency: new Latency(),
    shells: new Shells(),
    now,
  }
}
