/** One property for all promises: whatever happens to whatever company, they hold after every step and at the end. */
import fc from 'fast-check'
import type { World } from '../worlds.ts'
import { worlds } from '../worlds.ts'
import { expectPromises } from './aftermath.ts'
import { befall, happenings, type Happening } from './events.ts'
import { startStorm } from './storm.ts'

const worldsInAll = Number(process.env['EASGATE_WORLDS'] ?? 200)
const [seed, path] = [process.env['EASGATE_SEED'], process.env['EASGATE_PATH']]

/**
 * EASGATE_WORLDS, default 200: how many of all files together; `share` is this file's. EASGATE_SEED and EASGATE_PATH, from the text of a failure, draw
 * its world again.
 */
export async function expectStorms(share: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      worlds,
      fc.constantFrom('respect', 'respect', 'respect', 'respect', 'override', 'adopt'),
      fc.constantFrom(true, true, true, false),
      happenings,
      weather,
    ),
    {
      numRuns: Math.ceil(worldsInAll * share),
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    },
  )
}

async function weather(
  world: World,
  manualEntries: 'respect' | 'override' | 'adopt',
  startsDone: boolean,
  all: readonly Happening[],
): Promise<void> {
  const storm = await startStorm(world, manualEntries)
  // Most of what may go wrong goes wrong after a first sync
  if (startsDone) await befall(storm, { happens: 'sync', kind: 'full' })
  for (const one of all) await befall(storm, one)
  await expectPromises(storm)
}
