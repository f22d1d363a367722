/** What the timers do beside the runs that they start, on the storage of a running system: its app takes the messages that are sent here. */
import { createHash, randomUUID } from 'node:crypto'
import type { Log, Ports } from '../../functions/ports.ts'
import { compilePattern } from '../../functions/rules/compilePattern.ts'
import { countedStore } from '../../functions/store/countedStore.ts'
import { stepQueue } from '../../functions/store/stepQueue.ts'
import { tableStore } from '../../functions/store/tableStore.ts'
import { checkPresence } from '../../functions/sync/checkPresence.ts'
import { startDue } from '../../functions/sync/startDue.ts'
import { connectorId } from '../../sim/local/stack.ts'
import { noActivation } from '../noActivation.ts'
import { sources } from '../sources.ts'
import type { TickCounts } from './counts.ts'

/** As in functions/sync/changes/readTouched.ts. */
const lookBackMs = 10 * 60_000

/** As if ten minutes had gone by since: the next quick sync sees what changed from then on, and not what the full syncs have just written. */
export async function lookBackTo(service: string, at: Date): Promise<void> {
  const store = tableStore({ service })
  const found = await store.document(connectorId, 'bookmarks')
  if (!found) throw new Error('no sync has left bookmarks')
  const readAt = new Date(at.getTime() + lookBackMs).toISOString()
  await store.saveDocument(connectorId, 'bookmarks', { ...found.value, readAt }, found.etag)
}

interface Tick {
  readonly ports: Ports
  readonly spent: () => TickCounts
}

interface QuickTick {
  /** Gives the id of the quick sync that was due. */
  start(): Promise<string>
  spent(): TickCounts
}

/** The timer of quick syncs. A relay is never asked. */
export async function quickTick(service: string): Promise<QuickTick> {
  const { ports, spent } = await tick(service)
  return {
    async start() {
      const [started] = await startDue(ports, 'quick', connectorId)
      if (!started?.runId) throw new Error('the tick of the timer started no quick sync')
      return started.runId
    },
    spent,
  }
}

/** The timer that looks for relays, ten seconds after a sync has spoken with one, as its default schedule has it. */
export async function presenceTick(service: string): Promise<TickCounts> {
  const seen = (await tableStore({ service }).relays(connectorId)).map(({ lastSeen }) => Date.parse(lastSeen))
  const { ports, spent } = await tick(service, () => new Date(Math.max(...seen) + 10_000))
  if ((await checkPresence(ports, connectorId)) !== null) throw new Error('the relay was not seen just now')
  return spent()
}

/** The timer that anchors the audit, without the blob. */
export async function anchorTick(service: string): Promise<TickCounts> {
  const { ports, spent } = await tick(service)
  await ports.store.auditHead(connectorId)
  return spent()
}

/** Its tables are known to be there, as in a process that has run a while. */
async function tick(service: string, now = () => new Date()): Promise<Tick> {
  const shared = tableStore({ service })
  await Promise.all([
    shared.document(connectorId, 'policy'),
    shared.runs(connectorId, 1),
    shared.auditHead(connectorId),
    shared.relays(connectorId),
  ])
  const store = countedStore(shared)
  const queue = stepQueue({ service })
  const count = { queueSent: 0, logLines: 0, logBytes: 0 }
  const line = (event: string, fields: object = {}) => {
    count.logLines += 1
    count.logBytes += Buffer.byteLength(JSON.stringify({ event, ...fields }))
  }
  const log: Log = { info: line, warn: line, error: line }
  const send: Ports['queue']['send'] = (...message) => {
    count.queueSent += 1
    return queue.send(...message)
  }
  return {
    ports: {
      ...sources(0),
      exchange: noExchange,
      store,
      queue: { ...queue, send },
      clock: { now },
      log,
      activation: noActivation,
      newId: randomUUID,
      hash: (text) => createHash('sha256').update(text).digest('hex'),
      compilePattern,
    },
    spent: () => ({ tableRequests: store.requests(), tableOperations: store.operations(), ...count }),
  }
}

const noExchange: Ports['exchange'] = {
  converse: () => Promise.reject(new Error('a tick must not need a relay here')),
  tellRetired: async () => 0,
  traffic: () => ({ commands: 0, bytes: 0 }),
}
