/** A sync whose processes are killed on the way, over the fakes. */
import type { Run, RunKind } from '../../functions/core/run.ts'
import { approveRun } from '../../functions/sync/decideHeldRun.ts'
import { runStep } from '../../functions/sync/runStep.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { connectorId, type FakeSystem } from './fakeSystem.ts'
import { Killed, mortalPorts } from './mortalPorts.ts'

export interface Survived {
  /** null: it was queued behind another. */
  readonly run: Run | null
  readonly deaths: number
}

/**
 * Works the queue with processes that die after so many calls each, used up from `lives`; a message that was not done comes again, and one that was done
 * now and then, too, as the platform may deliver it. A held plan is approved.
 */
export async function syncWithDeaths(system: FakeSystem, kind: RunKind, lives: number[]): Promise<Survived> {
  const { runId } = await startRun(system.ports, { connectorId, kind, askedBy: 'test', dryRun: false })
  let deaths = await work(system, lives)
  if (!runId) return { run: null, deaths }
  if ((await system.run(runId)).state === 'held') {
    await approveRun(system.ports, connectorId, runId, 'test')
    deaths += await work(system, lives)
  }
  return { run: await system.run(runId), deaths }
}

async function work(system: FakeSystem, lives: number[]): Promise<number> {
  let deaths = 0
  let messages = 0
  for (let taken = system.queue.take(); taken; taken = system.queue.take()) {
    messages += 1
    // Unique, for the clock goes on with every delivery
    const id = `mortal${system.clock.now().getTime()}`
    for (let dequeueCount = 1; ; dequeueCount++) {
      const life = { left: lives.shift() ?? Infinity }
      system.clock.advance(10)
      try {
        await runStep(mortalPorts(system.ports, life), taken.message, { id, dequeueCount })
        if (messages % 3 === 0) await runStep(system.ports, taken.message, { id: `${id}-twice`, dequeueCount: 1 })
        break
      } catch (thrown) {
        if (!isDeath(thrown)) throw thrown
        deaths += 1
      }
    }
  }
  return deaths
}

function isDeath(thrown: unknown): boolean {
  return thrown instanceof Killed || (thrown instanceof Error && isDeath(thrown.cause))
}
