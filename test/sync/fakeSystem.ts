/** The whole sync over fakes: one world, one queue, one clock that never runs by itself. */
import { createHash } from 'node:crypto'
import type { Policy, StoredDecision, EasRecord } from '../../functions/core/types.ts'
import type { Run, RunKind } from '../../functions/core/run.ts'
import { partitionCount } from '../../functions/core/partition.ts'
import type { Ports } from '../../functions/ports.ts'
import type { Store } from '../../functions/portsStore.ts'
import { compilePattern } from '../../functions/rules/compilePattern.ts'
import { approveRun } from '../../functions/sync/decideHeldRun.ts'
import { failRun } from '../../functions/sync/failRun.ts'
import { runStep } from '../../functions/sync/runStep.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'
import { directoryFake, type DirectoryFake } from '../fakes/directoryFake.ts'
import { fakeExchange, type FakeExchange } from '../fakes/exchangeFake.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { activationFake } from '../fakes/activationFake.ts'
import {
  fakeClock,
  fakeQueue,
  recordingLog,
  type FakeClock,
  type FakeQueue,
  type RecordingLog,
} from '../fakes/ports.ts'
import { fakeStore } from '../fakes/storeFake.ts'

export const connectorId = 'contoso'

export interface FakeSystem {
  readonly ports: Ports
  readonly exchange: FakeExchange
  readonly directory: DirectoryFake
  readonly store: Store
  readonly queue: FakeQueue
  readonly clock: FakeClock
  readonly log: RecordingLog
  setPolicy(policy: Policy): Promise<void>
  /** Starts a run and works the queue empty; approves what the limits hold when asked to. */
  sync(kind: RunKind, options?: { readonly approve?: boolean; readonly dryRun?: boolean }): Promise<Run>
  /** Works the queue until it is empty, as the host would: five deliveries, then poison. */
  drain(): Promise<void>
  run(id: string): Promise<Run>
  /** Decisions by record Guid. */
  decisions(): Promise<Record<string, StoredDecision>>
}

export async function fakeSystem(
  exchangeWorld: FakeWorld,
  graphWorld: GraphWorld,
  /** null: as it is stored already. */
  policy: Policy | null,
  given: { readonly store?: Store } = {},
): Promise<FakeSystem> {
  const clock = fakeClock()
  const queue = fakeQueue()
  const log = recordingLog()
  const store = given.store ?? fakeStore({ now: () => clock.now() })
  const exchange = fakeExchange(exchangeWorld)
  exchange.state.now = () => clock.now()
  const directory = directoryFake(graphWorld, 50)
  let ids = 0
  const ports: Ports = {
    exchange,
    directory,
    store,
    queue,
    clock,
    log,
    newId: () => `id${String(++ids).padStart(6, '0')}`,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    compilePattern,
    activation: activationFake(),
  }
  let deliveries = 0

  const system: FakeSystem = {
    ports,
    exchange,
    directory,
    store,
    queue,
    clock,
    log,
    async setPolicy(next) {
      const found = await store.document(connectorId, 'policy')
      await store.saveDocument(connectorId, 'policy', next, found?.etag ?? null)
    },
    async sync(kind, { approve = false, dryRun = false } = {}) {
      const started = await startRun(ports, { connectorId, kind, askedBy: 'test', dryRun })
      await system.drain()
      if (!started.runId) throw new Error(`the run was ${started.how}`)
      const run = await system.run(started.runId)
      if (run.state !== 'held' || !approve) return run
      await approveRun(ports, connectorId, run.id, 'test')
      await system.drain()
      return system.run(run.id)
    },
    async drain() {
      for (let taken = queue.take(); taken; taken = queue.take()) {
        const id = `message${++deliveries}`
        clock.advance(taken.delaySeconds * 1000 + 10)
        await deliver(ports, taken.message, id)
      }
    },
    async run(id) {
      const run = (await store.run(connectorId, id))?.value
      if (!run) throw new Error(`no run ${id}`)
      return run
    },
    async decisions() {
      const found: Record<string, StoredDecision> = {}
      for (let partition = 0; partition < partitionCount; partition++) {
        for (const row of await store.rows(connectorId, partition)) {
          if (row.kind === 'record')
            found[(JSON.parse(row.data) as EasRecord).guid] = JSON.parse(row.decision ?? 'null') as StoredDecision
        }
      }
      return found
    },
  }
  if (policy) await system.setPolicy(policy)
  return system
}

async function deliver(ports: Ports, message: Parameters<typeof runStep>[1], id: string): Promise<void> {
  for (let dequeueCount = 1; dequeueCount <= 5; dequeueCount++) {
    try {
      return await runStep(ports, message, { id, dequeueCount })
    } catch (thrown) {
      if (dequeueCount === 5)
        return failRun(ports, message, {
          code: 'poison',
          message: thrown instanceof Error ? thrown.message : String(thrown),
        })
    }
  }
}
