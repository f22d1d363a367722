/** Ports that die: after a number of calls every call fails, as if the process had been killed between two writes. */
import type { Conversation, Ports } from '../../functions/ports.ts'

export class Killed extends Error {
  constructor() {
    super('killed')
    this.name = 'Killed'
  }
}

export interface Life {
  /** Calls until death; Infinity: immortal. */
  left: number
}

/** Every method of store, exchange, directory and queue costs one of the life's calls; each outcome of a batch does, too. */
export function mortalPorts(ports: Ports, life: Life): Ports {
  const breathe = () => {
    if (life.left <= 0) throw new Killed()
    life.left -= 1
  }
  return {
    ...ports,
    store: mortal(ports.store, breathe),
    directory: mortal(ports.directory, breathe),
    queue: mortal(ports.queue, breathe),
    exchange: {
      ...ports.exchange,
      converse: async (connectorId, use, runId) => {
        breathe()
        return ports.exchange.converse(connectorId, async (conversation) => use(mortal(conversation, breathe)), runId)
      },
    },
  }
}

/** Asked for what was spent: nothing that a process could die of. */
const counters: ReadonlySet<string> = new Set(['operations', 'requests', 'throttled'])

function mortal<T extends object>(target: T, breathe: () => void): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object)
      if (typeof value !== 'function' || counters.has(String(name))) return value
      return (...args: unknown[]) => {
        if (isStream(name)) return mortalStream(() => value.apply(object, args) as AsyncIterable<unknown>, breathe)
        return attempt(breathe, () => value.apply(object, args) as Promise<unknown>)
      }
    },
  })
}

async function attempt(breathe: () => void, call: () => Promise<unknown>): Promise<unknown> {
  breathe()
  const result = await call()
  // Half of the deaths are after the call took effect and before anybody heard of it
  breathe()
  return result
}

function isStream(name: string | symbol): name is keyof Conversation | 'allStaged' {
  return ['allStaged', 'mailboxes', 'records', 'change', 'sendMail'].includes(String(name))
}

async function* mortalStream(open: () => AsyncIterable<unknown>, breathe: () => void): AsyncGenerator {
  breathe()
  for await (const item of open()) {
    breathe()
    yield item
  }
}
