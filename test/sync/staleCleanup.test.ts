/** The clean-up that follows a scheduled full sync. */
import { expect, test } from 'vitest'
import type { Settings } from '../../functions/core/types.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import type { FakeDevice } from '../fakes/exchangeFakeWorld.ts'
import { connectorId, fakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

const old = { FirstSyncTime: '2025-01-01T08:00:00Z', LastSuccessSync: '2026-03-01T08:00:00Z' }
const young = { FirstSyncTime: '2026-11-01T08:00:00Z' }
const cleanup = { days: 90, maxPerRun: 100, maxShare: 1 }

/** Everybody is enrolled: nothing is held. */
async function company(
  phones: readonly Partial<FakeDevice>[],
  settings: Partial<Settings> = { staleCleanup: cleanup },
) {
  const { exchange, graph } = staff(phones.length, phones.length)
  const devices = (exchange.devices ?? []).map((device, index) => ({ ...device, ...phones[index] }))
  const system = await fakeSystem({ ...exchange, devices }, graph, staffPolicy(settings))
  const fullSync = async (askedBy: string, dryRun = false) => {
    system.clock.advance(60_000)
    const { runId } = await startRun(system.ports, { connectorId, kind: 'full', askedBy, dryRun })
    await system.drain()
    return system.run(runId ?? '')
  }
  const cleanups = async () => (await system.store.runs(connectorId, 99)).filter(({ mode }) => mode === 'stale')
  const here = () => system.exchange.state.records().map(({ guid }) => guid)
  return { system, fullSync, cleanups, here }
}

const phones = (stale: number, others: number) => [
  ...Array.from({ length: stale }, () => old),
  ...Array.from({ length: others }, () => young),
]

test('follows a full sync that the timer asked for, and no other', async () => {
  const { system, fullSync, cleanups, here } = await company(phones(2, 1))
  await fullSync('ana')
  await fullSync('timer', true)
  await system.sync('quick')
  expect([await cleanups(), here()]).toEqual([[], ['r1', 'r2', 'r3']])
  const full = await fullSync('timer')
  expect(here()).toEqual(['r3'])
  expect(await cleanups()).toMatchObject([
    { id: `${full.id}.stale`, askedBy: 'timer', state: 'done', dryRun: false, counts: { 'stale.done': 2 } },
  ])
  expect(system.log.of('staleDone')).toMatchObject([{ fields: { found: 2, records: 3, refusal: null } }])
})

test('is off by default', async () => {
  const { fullSync, cleanups, here } = await company(phones(2, 0), {})
  await fullSync('timer')
  expect([await cleanups(), here()]).toEqual([[], ['r1', 'r2']])
})

test('removes no more than its limit at a time, and the rest after the next', async () => {
  const { fullSync, here } = await company(phones(45, 0), { staleCleanup: { ...cleanup, maxPerRun: 25 } })
  await fullSync('timer')
  expect(here()).toHaveLength(20)
  await fullSync('timer')
  expect(here()).toEqual([])
})

test('removes none where more than its share is stale, and says so', async () => {
  const { system, fullSync, cleanups, here } = await company(phones(5, 15), {
    staleCleanup: { ...cleanup, maxShare: 0.2 },
  })
  await fullSync('timer')
  const refusal = expect.stringMatching(/^5 of 20 EAS records \(25\.0 %\) are stale; the limit is 20\.0 %\./)
  expect(here()).toHaveLength(20)
  expect(await cleanups()).toMatchObject([{ state: 'done', stale: { found: 5, refusal } }])
  expect(system.log.of('staleRefused')).toMatchObject([{ level: 'warn', fields: { refusal } }])
})

test('what it removed does not look like an inventory that shrank by itself to the next full sync', async () => {
  const { fullSync, here } = await company(phones(15, 15))
  await fullSync('timer')
  expect(here()).toHaveLength(15)
  expect(await fullSync('ana')).toMatchObject({ state: 'done', refusal: null })
})

test.each(['stop', 'reportOnly'] as const)('sends nothing while %s is on', async (name) => {
  const { fullSync, cleanups, here } = await company(phones(2, 0), { staleCleanup: cleanup, [name]: true })
  await fullSync('timer')
  expect(here()).toEqual(['r1', 'r2'])
  expect(await cleanups()).toMatchObject([{ state: 'done', counts: { [`notSent.${name}`]: 1 } }])
})

test('that fails is not tried again by itself, and leaves the next full sync alone', async () => {
  const { system, fullSync, cleanups, here } = await company(phones(2, 0))
  system.exchange.destroys.isRefused = true
  await fullSync('timer')
  expect(await cleanups()).toMatchObject([{ state: 'failed', failure: { code: 'conflict', step: 'removeStale' } }])
  const row = (await system.store.document(connectorId, 'connector'))?.value
  expect([here(), row?.staleRun, row?.pendingFull]).toEqual([['r1', 'r2'], null, null])
  system.exchange.destroys.isRefused = false
  await fullSync('timer')
  expect(here()).toEqual([])
})
