/** Tables as the first version left them (fixtures/version1.md), loaded into a real Azurite, and today's app on them. */
import { readFileSync } from 'node:fs'
import { TableClient } from '@azure/data-tables'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { partitionCount } from '../../functions/core/partition.ts'
import type { Run } from '../../functions/core/run.ts'
import type { StoredDecision } from '../../functions/core/types.ts'
import type { Store } from '../../functions/portsStore.ts'
import type { StepMessage } from '../../functions/ports.ts'
import { tableStore } from '../../functions/store/tableStore.ts'
import { verifyAuditChain } from '../../functions/store/verifyAudit.ts'
import { approveRun, rejectRun } from '../../functions/sync/decideHeldRun.ts'
import { runStep } from '../../functions/sync/runStep.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { listPins, removePin } from '../../functions/sync/pins.ts'
import { mailboxOfRecord } from '../../functions/sync/storedMailboxes.ts'
import { connectionStringFor, startAzurite, type Azurite } from '../azurite.ts'
import { connectorId, fakeSystem, type FakeSystem } from '../sync/fakeSystem.ts'
import { failure } from './behindProxy.ts'
import { startFaultProxy, type FaultProxy } from './faultProxy.ts'
import { exchangeWorld, graphWorld, people, policyOfCompany, untouched, type ExchangeState } from './version1Company.ts'

interface Left {
  readonly now: string
  readonly exchange: ExchangeState
  readonly decisions: Readonly<Record<string, StoredDecision>>
  readonly tables: Readonly<Record<string, readonly RawRow[]>>
}
interface RawRow {
  readonly partitionKey: string
  readonly rowKey: string
  readonly [property: string]: string | number
}
interface Fixture {
  readonly calm: Left
  /** One plan is held, and the next full sync was cut off while it gathered. */
  readonly halfway: Left & { readonly held: string; readonly running: string; readonly message: StepMessage }
}

const read = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const { calm, halfway } = JSON.parse(read('version1.json')) as Fixture

let azurite: Azurite
let proxy: FaultProxy
let prefixes = 0
beforeAll(async () => {
  azurite = await startAzurite()
  proxy = await startFaultProxy(azurite.tableUrl)
})
afterAll(async () => {
  await proxy.close()
  await azurite.close()
})

interface Loaded {
  readonly system: FakeSystem
  readonly store: Store
  /** The store as a new process has it. */
  startAgain(): void
  /** Rows of a table as they are, sorted by their keys. */
  readonly raw: (table: string) => Promise<RawRow[]>
}

/** Into tables of the test's own. */
async function load(left: Left): Promise<Loaded> {
  const tablePrefix = `v${++prefixes}x`
  const options = { allowInsecureConnection: true }
  const client = (table: string) =>
    TableClient.fromConnectionString(azurite.connectionString, tablePrefix + table, options)
  for (const [name, rows] of Object.entries(left.tables)) {
    const table = client(name.replace('easgate', ''))
    await table.createTable()
    for (const row of rows) await table.createEntity(row)
  }
  const open = () =>
    tableStore({ service: connectionStringFor(proxy.url, azurite.queueUrl), tablePrefix, retryDelayMs: 1 })
  let current = open()
  const store = new Proxy(current, { get: (_, name) => Reflect.get(current, name) as unknown })
  const system = await fakeSystem(exchangeWorld(left.exchange), graphWorld, null, { store })
  system.clock.set(left.now)
  // No process of the old version is at work any more
  system.clock.advance(12 * 60_000)
  return {
    system,
    store,
    startAgain() {
      current = open()
    },
    async raw(table) {
      const found: RawRow[] = []
      for await (const row of client(table).listEntities<RawRow>()) found.push(row)
      return found
    },
  }
}

const done = ({ state, failure: why }: Run) => [state, why]
const listsOf = ({ exchange }: FakeSystem) =>
  Object.fromEntries(people.map((name) => [`m-${name}`, exchange.state.lists(`m-${name}`)]))

async function expectWholeAudit({ store }: Loaded, least: number): Promise<void> {
  const rows = await store.audit(connectorId, 1, 1000)
  expect(rows.length).toBeGreaterThanOrEqual(least)
  expect(verifyAuditChain(rows)).toBeNull()
}

/** Nothing stands as version 1 had it: a row for each mailbox, and ids in the index alone. */
async function expectMigrated({ raw }: Loaded): Promise<void> {
  const records = await raw('records')
  expect(records.filter(({ rowKey }) => !/^[^|]*\|$/.test(rowKey))).toEqual([])
  expect(records.length).toBe(partitionCount + people.length)
  expect(new Set(records.map(({ v }) => v))).toEqual(new Set([2]))
  const kinds = (await raw('places')).map(({ partitionKey }) => partitionKey.split('|')[1] ?? '')
  expect(kinds.filter((kind) => ['user', 'device', 'record'].includes(kind))).toEqual([])
  expect((await raw('index')).length).toBe(19)
}

describe('the first sync on tables of version 1', () => {
  test.each(['full', 'quick'] as const)('%s: decides as before, sends nothing, and moves everything', async (kind) => {
    const loaded = await load(calm)
    const { system } = loaded
    expect(done(await system.sync(kind))).toEqual(['done', null])
    expect(await system.decisions()).toEqual(calm.decisions)
    expect(system.exchange.journal).toEqual([])
    expect(system.exchange.mails.delivered).toEqual([])
    expect(listsOf(system)).toEqual(calm.exchange.lists)
    await expectMigrated(loaded)
    await expectWholeAudit(loaded, 22)
    const next = await system.sync('quick')
    expect([next.mode, ...done(next)]).toEqual(['changes', 'done', null])
  })
})

describe('what version 1 knew', () => {
  test('is found by the Guid of an EAS record before any sync, and a pin can be taken away', async () => {
    const { system, store } = await load(calm)
    for (const name of people)
      expect((await mailboxOfRecord(store, connectorId, `r-${name}`, null))?.guid).toBe(`m-${name}`)
    expect(await mailboxOfRecord(store, connectorId, 'r-nobody', null)).toBeNull()
    const pinned = async () => (await listPins(store, connectorId, '', 9)).pins.map(({ pin }) => pin.record)
    expect(await pinned()).toEqual(['r-dan'])
    await removePin(system.ports, connectorId, 'm-dan', 'r-dan')
    expect(await pinned()).toEqual([])
    expect(done(await system.sync('quick'))).toEqual(['done', null])
    const { 'r-dan': dan, ...others } = await system.decisions()
    const { 'r-dan': _dan, ...before } = calm.decisions
    expect([dan?.access, others]).toEqual(['quarantine', before])
  })

  test('is still easgate’s own: switched off, its entries, rule and default are gone, and what others made stays', async () => {
    const loaded = await load(calm)
    const { system, store } = loaded
    expect(done(await system.sync('full'))).toEqual(['done', null])
    expect((await listPins(store, connectorId, '', 9)).pins.map(({ pin }) => pin)).toEqual([
      { record: 'r-dan', access: 'allow', note: 'old phone', until: null },
    ])
    await system.setPolicy({ ...policyOfCompany(), enabled: false, isWithdrawn: true })
    expect(done(await system.sync('full', { approve: true }))).toEqual(['done', null])
    const lists = people.map((name) => [`m-${name}`, untouched.lists[`m-${name}`] ?? { allowed: [], blocked: [] }])
    expect(listsOf(system)).toEqual(Object.fromEntries(lists))
    const { defaultLevel, rules } = system.exchange.state.configuration()
    expect([defaultLevel, rules]).toEqual(['allow', []])
    await expectWholeAudit(loaded, 26)
  })

  test('reads as it was: ledgers, relays, organization, drift', async () => {
    const { store } = await load(calm)
    const mail = (name: string, reason: string) => store.ledgerMail(connectorId, { record: `r-${name}`, reason })
    expect((await mail('ben', 'notEnrolled'))?.value).toMatchObject({ record: 'r-ben', state: 'sent' })
    expect((await store.ledgerWipe(connectorId, 'r-gus'))?.value.state).toBe('done')
    expect((await store.relays(connectorId)).map(({ state }) => state)).toEqual(['approved'])
    expect((await store.organization('contoso'))?.value.connectorId).toBe(connectorId)
    expect((await store.document(connectorId, 'drift'))?.value.entries).toMatchObject([{ state: 'mended' }])
  })
})

describe('a run that version 1 left', () => {
  test('on its way fails with a clear code, its staged lines go, and the next one starts', async () => {
    const loaded = await load(halfway)
    const { system } = loaded
    await runStep(system.ports, halfway.message, { id: 'next', dequeueCount: 1 })
    const failed = await system.run(halfway.running)
    expect([failed.state, failed.failure?.code, failed.failure?.step]).toEqual([
      'failed',
      'otherVersion',
      'gatherDevices',
    ])
    expect(await loaded.raw('staging')).toEqual([])
    const next = await system.sync('full')
    expect([next.state, next.refusal?.limit]).toEqual(['held', 'losingNumber'])
    expect((await system.run(halfway.held)).state).toBe('replaced')
    expect(system.exchange.journal).toEqual([])
    await approveRun(system.ports, connectorId, next.id, 'desk')
    await system.drain()
    expect(done(await system.run(next.id))).toEqual(['done', null])
    expect(listsOf(system)['m-eve']).toEqual({ allowed: [], blocked: [] })
    await expectMigrated(loaded)
    await expectWholeAudit(loaded, 23)
  })

  test('whose message was lost is found by the next start', async () => {
    const { system } = await load(halfway)
    const started = await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
    expect(started).toEqual({ runId: halfway.running, how: 'attached' })
    await system.drain()
    expect((await system.run(halfway.running)).failure?.code).toBe('otherVersion')
  })

  test('held can be rejected, and not approved', async () => {
    const { system } = await load(halfway)
    const refused = await failure(approveRun(system.ports, connectorId, halfway.held, 'desk'))
    expect(refused).toMatchObject({ code: 'conflict' })
    expect(refused.message).toContain('planned by another version of easgate')
    expect((await system.run(halfway.held)).state).toBe('held')
    await rejectRun(system.ports, connectorId, halfway.held, 'desk')
    expect((await system.run(halfway.held)).state).toBe('rejected')
  })
})

describe('the first sync, killed again and again', () => {
  // Each delivery dies after more table requests than the one before it: 1, 2, 3 … and in the long steps with gaps that differ
  test.each([1.17, 1.33])('(%d) ends as if nothing had been', async (growth) => {
    const loaded = await load(calm)
    const { system } = loaded
    const { runId } = await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
    let deaths = 0
    for (let taken = system.queue.take(); taken; taken = system.queue.take()) {
      const { message } = taken
      for (let life = 1; await isKilled(life); life = Math.ceil(life * growth)) {
        deaths += 1
        loaded.startAgain()
      }
      async function isKilled(life: number): Promise<boolean> {
        system.clock.advance(10)
        let left = life
        proxy.choose = () => (left-- > 0 ? null : 'refused')
        const ended = runStep(system.ports, message, { id: `at ${message.position}`, dequeueCount: 1 })
        const isDead = await ended.then(
          () => false,
          () => true,
        )
        // Whoever dies at the very end has sent the next message already: the queue then delivers both
        proxy.choose = () => null
        return isDead
      }
    }
    expect(deaths).toBeGreaterThan(50)
    expect(done(await system.run(runId ?? ''))).toEqual(['done', null])
    expect(await system.decisions()).toEqual(calm.decisions)
    expect(system.exchange.journal).toEqual([])
    expect(listsOf(system)).toEqual(calm.exchange.lists)
    await expectMigrated(loaded)
    await expectWholeAudit(loaded, 22)
  })
})
