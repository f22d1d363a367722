/** Handlers over a Store and a queue in memory, called as the host calls them: with a real InvocationContext. */
import azf, { type Timer } from '@azure/functions'
import type { Retirement } from '../../functions/core/run.ts'
import { AppError } from '../../functions/errors.ts'
import type { Ports } from '../../functions/ports.ts'
import { compilePattern } from '../../functions/rules/compilePattern.ts'
import type { Wiring } from '../../functions/wiring.ts'
import { activationFake } from '../fakes/activationFake.ts'
import { fakeClock, fakeQueue, recordingLog } from '../fakes/ports.ts'
import { noDirectory } from '../fakes/noDirectory.ts'
import { fakeStore } from '../fakes/storeFake.ts'

export const timer: Timer = {
  isPastDue: false,
  schedule: { adjustForDST: true },
  scheduleStatus: { last: '', lastUpdated: '', next: '' },
}

export function context(functionName: string, triggerMetadata: Record<string, unknown> = {}) {
  return new azf.InvocationContext({ functionName, triggerMetadata, logHandler: () => undefined })
}

const noRelay = () => Promise.reject(new AppError('noRelay', 'no relay here', { retryable: true }))

/** Exchange has no relay, so that every first step of a run fails, retryably. */
export function handlers(connectorIds: readonly string[] = ['contoso']) {
  const clock = fakeClock()
  const log = recordingLog()
  const queue = fakeQueue()
  const store = fakeStore({ now: () => clock.now() })
  const told: [connectorId: string, retired: Retirement][] = []
  let ids = 0
  const ports: Ports = {
    store,
    queue,
    clock,
    log,
    exchange: {
      converse: noRelay,
      tellRetired: async (...given) => {
        told.push(given)
        return 1
      },
      traffic: () => ({ commands: 0, bytes: 0 }),
    },
    directory: noDirectory,
    newId: () => `${(ids += 1)}000000000`,
    hash: (text) => text,
    compilePattern,
    activation: activationFake(),
  }
  const wiring: Wiring = {
    hosting: { isAzure: true, hasBuiltInAuth: true, isLoopbackAdmin: false },
    connectors: connectorIds.map((id) => ({ id, name: id })),
    joining: () => null,
    problems: [],
    anchors: null,
    log: () => log,
    ports: async () => ports,
  }
  return { clock, log, queue, store, ports, wiring, told }
}

/** As wiring.ts does when settings are wrong. */
export function unconfigured(wiring: Wiring): Wiring {
  const problem = new AppError('badConfiguration', 'the app is not configured: A is missing; set it')
  return { ...wiring, connectors: [], problems: ['A is missing; set it'], ports: () => Promise.reject(problem) }
}
