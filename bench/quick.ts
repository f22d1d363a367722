/** Quick syncs, without sending, over a real Azurite in a small and in a large tenant, by turns: their cost is to follow the changes and not the tenant. */
import { createHash, randomUUID } from 'node:crypto'
import { TableClient } from '@azure/data-tables'
import { defaultPolicy } from '../functions/core/settings.ts'
import type { Run } from '../functions/core/run.ts'
import type { Ports, StepMessage } from '../functions/ports.ts'
import { compilePattern } from '../functions/rules/compilePattern.ts'
import { tableStore } from '../functions/store/tableStore.ts'
import { runStep } from '../functions/sync/runStep.ts'
import { startRun } from '../functions/sync/startRun.ts'
import { startAzurite } from '../sim/local/azurite.ts'
import { median, round, timed, type Bench } from './bench.ts'
import { sources } from './sources.ts'
import { noActivation } from './noActivation.ts'

const goal = 1.3
const small = 1_000
const changes = 10
const connectorId = 'bench'

/** `records`: of the large tenant. */
export const quick: Bench = async ({ records = 100_000, rounds = 15 }) => {
  const azurite = await startAzurite()
  try {
    const tenants = []
    for (const size of [small, records]) tenants.push(await openTenant(azurite.connectionString, size))
    const spent = tenants.map(() => ({ idle: [] as Spent[], busy: [] as Spent[], bare: [] as Spent[] }))
    for (let at = -2; at < rounds; at++) {
      for (const [index, tenant] of tenants.entries()) {
        const idle = await quickSync(tenant, 0)
        const busy = await quickSync(tenant, changes)
        const bare = await tenant.bare()
        // The first rounds warm up
        if (at >= 0) spent[index]?.idle.push(idle)
        if (at >= 0) spent[index]?.busy.push(busy)
        if (at >= 0) spent[index]?.bare.push(bare)
      }
    }
    const rows = tenants.flatMap(({ size }, index) =>
      (['idle', 'busy', 'bare'] as const).map((name) => ({
        what: names[name],
        records: size,
        ms: middle(spent[index]?.[name], 'ms'),
        'table requests': middle(spent[index]?.[name], 'requests'),
      })),
    )
    const of = (index: number, name: Kind) => middle(spent[index]?.[name], 'ms')
    // What Azurite itself takes longer for in the large tenant
    const floor = round(of(1, 'bare') / of(0, 'bare'), 2)
    const figure = (name: string, kind: Kind) => {
      const value = round(of(1, kind) / of(0, kind), 2)
      const unit = `× at ${small.toLocaleString('en-US')} records (floor: ${floor} ×)`
      return { name, value, unit, goal: `at most ${goal}`, isReached: value <= goal }
    }
    return { rows, figures: [figure('quick, ten changes', 'busy'), figure('quick, nothing changed', 'idle')] }
  } finally {
    await azurite.child.stop()
  }
}

type Kind = 'idle' | 'busy' | 'bare'
const names: Readonly<Record<Kind, string>> = {
  idle: 'nothing changed',
  busy: `${changes} devices changed`,
  bare: `floor: ${2 * changes} rows of it, read and written by a bare client`,
}

interface Tenant {
  readonly size: number
  readonly turn: (count: number) => void
  readonly sync: (kind: 'full' | 'quick') => Promise<Run>
  readonly requests: () => number
  /** In Azurite a write takes longer in a larger table, in Azure it does not: what that costs here. */
  readonly bare: () => Promise<Spent>
}

interface Spent {
  readonly ms: number
  readonly requests: number
}

function middle(all: readonly Spent[] | undefined, name: keyof Spent): number {
  return round(median((all ?? []).map((one) => one[name])))
}

async function quickSync({ turn, sync, requests }: Tenant, count: number): Promise<Spent> {
  turn(count)
  const before = requests()
  let touched = 0
  const ms = await timed(async () => {
    const run = await sync('quick')
    touched = run.counts['found.touchedMailboxes'] ?? 0
    if (run.mode !== 'changes' || run.state !== 'done') throw new Error(`the quick sync was ${run.mode}, ${run.state}`)
  })
  if (touched !== count) throw new Error(`${count} devices changed and ${touched} mailboxes were touched`)
  return { ms, requests: requests() - before }
}

/** A tenant after its first full sync. Report mode: nothing is sent, everything else is done. */
async function openTenant(connectionString: string, size: number): Promise<Tenant> {
  const queue: StepMessage[] = []
  const { turn, ...given } = sources(Math.ceil(size / 1.5))
  const store = tableStore({ service: connectionString, tablePrefix: `t${size}` })
  const ports: Ports = {
    ...given,
    store,
    queue: { send: async (message) => void queue.push(message), messages: async () => queue.length },
    clock: { now: () => new Date() },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    activation: noActivation,
    newId: randomUUID,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    compilePattern,
  }
  const settings = {
    ...defaultPolicy.settings,
    reportOnly: true,
    limits: { ...defaultPolicy.settings.limits, maxLosing: 1e6, maxLosingShare: 1 },
  }
  const policy = {
    ...defaultPolicy,
    enabled: true,
    includedGroups: ['staff'],
    defaultAccessLevel: 'quarantine' as const,
    settings,
  }
  await store.saveDocument(connectorId, 'policy', policy, null)
  const sync = async (kind: 'full' | 'quick'): Promise<Run> => {
    const { runId } = await startRun(ports, { connectorId, kind, askedBy: 'bench', dryRun: false })
    for (let message = queue.shift(); message; message = queue.shift()) {
      await runStep(ports, message, { id: randomUUID(), dequeueCount: 1 })
    }
    const run = (await store.run(connectorId, runId ?? ''))?.value
    if (run) return run
    throw new Error('the run is gone')
  }
  const full = await sync('full')
  if (full.state !== 'done')
    throw new Error(`the full sync ended ${full.state}: ${full.failure?.message ?? full.refusal?.message ?? ''}`)
  return { size, turn, sync, requests: () => store.requests(), bare: await bareClient(connectionString, size) }
}

/** Ten mailboxes and ten ids of the index, each read by its key and written back. */
async function bareClient(connectionString: string, size: number): Promise<() => Promise<Spent>> {
  const options = { allowInsecureConnection: true }
  const uses = await Promise.all(
    ['records', 'index'].map(async (name) => {
      const client = TableClient.fromConnectionString(connectionString, `t${size}${name}`, options)
      const page = await client.listEntities().byPage({ maxPageSize: 200 }).next()
      const keys = ((page.value ?? []) as { partitionKey: string; rowKey: string }[]).slice(-changes)
      return keys.map(({ partitionKey, rowKey }) => async () => {
        const { etag: _etag, timestamp: _timestamp, ...entity } = await client.getEntity(partitionKey, rowKey)
        await client.upsertEntity({ ...entity, partitionKey, rowKey }, 'Replace')
      })
    }),
  )
  return async () => ({
    ms: await timed(async () => {
      for (const some of uses) await Promise.all(some.map((use) => use()))
    }),
    requests: 2 * uses.flat().length,
  })
}
