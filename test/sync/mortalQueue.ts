/** The queue worked by processes that die. */
import { runStep } from '../../functions/sync/runStep.ts'
import type { FakeSystem } from './fakeSystem.ts'
import { Killed, mortalPorts } from './mortalPorts.ts'

/** Works the queue with processes that die after so many calls; a message that was not done comes again. */
export async function deliverToTheMortal(system: FakeSystem, lives: number[]): Promise<void> {
  let deliveries = 0
  for (let taken = system.queue.take(); taken; taken = system.queue.take()) {
    const id = `killed${system.clock.now().getTime()}-${++deliveries}`
    for (let dequeueCount = 1; ; dequeueCount++) {
      const life = { left: lives.shift() ?? Infinity }
      system.clock.advance(10)
      try {
        await runStep(mortalPorts(system.ports, life), taken.message, { id, dequeueCount })
        break
      } catch (thrown) {
        if (!isDeath(thrown)) throw thrown
      }
    }
  }
}

function isDeath(thrown: unknown): boolean {
  return thrown instanceof Killed || (thrown instanceof Error && isDeath(thrown.cause))
}
