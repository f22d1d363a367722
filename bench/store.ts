/** Gathers and decides on a real Azurite, then writes and reads the very same rows with a bare client at its best concurrency. */
import { createHash, randomUUID } from 'node:crypto'
import { TableClient, TableTransaction } from '@azure/data-tables'
import { defaultPolicy } from '../functions/core/settings.ts'
import type { Ports, StepMessage } from '../functions/ports.ts'
import { compilePattern } from '../functions/rules/compilePattern.ts'
import { tableStore } from '../functions/store/tableStore.ts'
import { runStep } from '../functions/sync/runStep.ts'
import { startRun } from '../functions/sync/startRun.ts'
import { startAzurite } from '../sim/local/azurite.ts'
import { median, round, timed, type Bench } from './bench.ts'
import { sources } from './sources.ts'
import { noActivation } from './noActivation.ts'

const goal = 1.5
const connectorId = 'bench'
type Entity = { partitionKey: string; rowKey: string; [name: string]: unknown }

export const store: Bench = async ({ records = 10_000, rounds = 3 }) => {
  const azurite = await startAzurite()
  try {
    const { connectionString } = azurite
    const mailboxes = Math.ceil(records / 1.5)
    await gatherAndDecide(connectionString, 'warm', mailboxes)
    const written = await writtenRows(connectionString, 'warm')
    const concurrency = await bestConcurrency(connectionString, written)
    const ours: Spent[] = []
    const bare: Spent[] = []
    for (let at = 0; at < rounds; at++) {
      ours.push(await spent(() => gatherAndDecide(connectionString, `ours${at}`, mailboxes)))
      bare.push(await spent(() => bareLoop(connectionString, written, `bare${at}`, concurrency)))
    }
    const ratio = round(middle(ours).ms / middle(bare).ms, 2)
    const rows = written.tables.reduce((sum, { entities }) => sum + entities.length, 0)
    return {
      rows: [
        { what: 'easgate: gather and decide', records, 'rows written': rows, ...middle(ours) },
        { what: `bare loop, ${concurrency} at once`, records, 'rows written': rows, ...middle(bare) },
      ],
      figures: [
        { name: 'store', value: ratio, unit: '× the bare loop', goal: `at most ${goal}`, isReached: ratio <= goal },
      ],
    }
  } finally {
    await azurite.child.stop()
  }
}

interface Spent {
  readonly ms: number
  /** Of this process, which is not Azurite's. */
  readonly 'CPU ms': number
}

async function spent(call: () => Promise<void>): Promise<Spent> {
  const before = process.cpuUsage()
  const ms = await timed(call)
  const { user, system } = process.cpuUsage(before)
  return { ms, 'CPU ms': (user + system) / 1000 }
}

function middle(all: readonly Spent[]): Spent {
  return { ms: round(median(all.map(({ ms }) => ms))), 'CPU ms': round(median(all.map((one) => one['CPU ms']))) }
}

/** How many requests at once serve the bare loop best on this machine. */
async function bestConcurrency(connectionString: string, written: Written): Promise<number> {
  let best = { concurrency: 0, ms: Number.POSITIVE_INFINITY }
  for (const concurrency of [4, 8, 16]) {
    const ms = await timed(() => bareLoop(connectionString, written, `try${concurrency}`, concurrency))
    if (ms < best.ms) best = { concurrency, ms }
  }
  return best.concurrency
}

/** A full sync up to the limits, over the real store; Exchange and Graph cost nothing here. */
async function gatherAndDecide(connectionString: string, tablePrefix: string, mailboxes: number): Promise<void> {
  const queue: StepMessage[] = []
  const ports: Ports = {
    ...sources(mailboxes),
    store: tableStore({ service: connectionString, tablePrefix }),
    queue: { send: async (message) => void queue.push(message), messages: async () => queue.length },
    clock: { now: () => new Date() },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    activation: noActivation,
    newId: randomUUID,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    compilePattern,
  }
  const policy = {
    ...defaultPolicy,
    enabled: true,
    includedGroups: ['staff'],
    defaultAccessLevel: 'quarantine' as const,
  }
  await ports.store.saveDocument(connectorId, 'policy', policy, null)
  const { runId } = await startRun(ports, { connectorId, kind: 'full', askedBy: 'bench', dryRun: true })
  for (let message = queue.shift(); message; message = queue.shift()) {
    const run = await ports.store.run(connectorId, runId ?? '')
    if (run?.value.step === 'limits') return
    await runStep(ports, message, { id: randomUUID(), dequeueCount: 1 })
  }
  throw new Error('the run ended before the limits')
}

interface Written {
  readonly tables: readonly {
    readonly name: string
    readonly entities: readonly Entity[]
    readonly reads: readonly string[]
  }[]
}

/** What stands in the tables afterwards, and which partitions a run reads how often. */
async function writtenRows(connectionString: string, tablePrefix: string): Promise<Written> {
  const tables = ['staging', 'records', 'index', 'changes'].map(async (name) => {
    const client = TableClient.fromConnectionString(connectionString, `${tablePrefix}${name}`, {
      allowInsecureConnection: true,
    })
    const entities: Entity[] = []
    for await (const page of client.listEntities().byPage({ maxPageSize: 1000 })) {
      for (const { etag: _etag, timestamp: _timestamp, ...entity } of page) entities.push(entity as unknown as Entity)
    }
    const partitions = [...new Set(entities.map(({ partitionKey }) => partitionKey))]
    // Mailboxes are read for two indexes and to decide, users for one index and to decide, everything else once
    const times = (key: string) =>
      name !== 'staging' ? 0 : key.includes('|mailboxes|') ? 3 : key.includes('|users|') ? 2 : 1
    return { name, entities, reads: partitions.flatMap((key) => Array.from({ length: times(key) }, () => key)) }
  })
  return { tables: await Promise.all(tables) }
}

/** The same rows by the client alone: transactions of up to 100, some at once; then the same reading. */
async function bareLoop(
  connectionString: string,
  { tables }: Written,
  prefix: string,
  concurrency: number,
): Promise<void> {
  for (const { name, entities, reads } of tables) {
    const client = TableClient.fromConnectionString(connectionString, `${prefix}${name}`, {
      allowInsecureConnection: true,
    })
    await client.createTable()
    await each(batches(entities), concurrency, async (batch) => {
      const transaction = new TableTransaction()
      for (const entity of batch) transaction.upsertEntity(entity, 'Replace')
      await client.submitTransaction(transaction.actions)
    })
    await each(reads, concurrency, async (key) => {
      for await (const page of client
        .listEntities({ queryOptions: { filter: `PartitionKey eq '${key}'` } })
        .byPage({ maxPageSize: 1000 }))
        void page
    })
  }
}

function batches(entities: readonly Entity[]): Entity[][] {
  const found: Entity[][] = []
  let batch: Entity[] = []
  let size = 0
  for (const entity of entities) {
    const bytes = JSON.stringify(entity).length
    const isFull =
      batch.length === 100 || size + bytes > 3_000_000 || (batch[0] && batch[0].partitionKey !== entity.partitionKey)
    if (isFull) {
      found.push(batch)
      batch = []
      size = 0
    }
    batch.push(entity)
    size += bytes
  }
  return batch.length === 0 ? found : [...found, batch]
}

async function each<T>(items: readonly T[], concurrency: number, use: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const work = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await use(next.value)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}
