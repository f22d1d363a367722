/** A connector whose place another took: what runs ends cleanly, nothing new begins, and its relays are told. */
import { expect, test } from 'vitest'
import type { ConnectorState } from '../../functions/core/run.ts'
import { defaultLimits } from '../../functions/core/settings.ts'
import { AppError } from '../../functions/errors.ts'
import { approveRun } from '../../functions/sync/decideHeldRun.ts'
import { endRetired } from '../../functions/sync/endRetired.ts'
import { failRun } from '../../functions/sync/failRun.ts'
import { startPending } from '../../functions/sync/startPending.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import type { FakeCall } from '../fakes/exchangeFake.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

const retired = { by: 'fabrikam', at: '2026-11-21T08:00:00.000Z' }
const refused = { code: 'connectorRetired', message: expect.stringContaining('Use connector fabrikam.') as string }

/** Thirty people with a phone each that nobody enrolled: all of them lose access where the limits let it pass. */
async function company(maxLosingShare: number): Promise<FakeSystem> {
  const { exchange, graph } = staff(30, 0)
  const limits = { ...defaultLimits, maxLosingShare }
  return fakeSystem(exchange, graph, staffPolicy({ limits }, { defaultAccessLevel: 'block' }))
}

const stateOf = async ({ store }: FakeSystem) => (await store.document(connectorId, 'connector'))?.value

async function change({ store }: FakeSystem, changes: Partial<ConnectorState>): Promise<void> {
  const found = await store.document(connectorId, 'connector')
  if (found) await store.saveDocument(connectorId, 'connector', { ...found.value, ...changes }, found.etag)
}

/** The connector is retired right before the first call of this kind is answered. */
function retireAt(system: FakeSystem, call: FakeCall): void {
  system.exchange.faults.before = async (at) => {
    if (at === call) await change(system, { retired, pendingFull: null })
  }
}

test.each(['mailboxes', 'records', 'lists', 'change'] as const)(
  'a run that is cut by it at %s fails cleanly, is not tried again, and holds nothing',
  async (call) => {
    const system = await company(1)
    retireAt(system, call)
    const run = await system.sync('full')
    expect([run.state, run.failure]).toMatchObject(['failed', refused])
    const state = await stateOf(system)
    expect(state).toMatchObject({ running: { full: null, quick: null }, pendingFull: null, retired })
    const outcomes = await system.store.changes(connectorId, run.id, '', null, 999)
    if (call === 'mailboxes' || call === 'records') expect([outcomes, system.exchange.journal]).toEqual([[], []])
  },
)

test('no run starts for it; a full one that waited does not start either', async () => {
  const system = await company(1)
  await system.sync('full')
  await change(system, { retired })
  await expect(system.sync('quick')).rejects.toMatchObject(refused)
  await expect(system.sync('full')).rejects.toMatchObject(refused)
  expect(system.queue.waiting).toEqual([])
})

test('a full sync that waited is not started by the end of the run that it waited for', async () => {
  const system = await company(1)
  const quick = await startRun(system.ports, { connectorId, kind: 'quick', askedBy: 'test', dryRun: false })
  const full = await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
  expect(full.how).toBe('queued')
  await change(system, { retired })
  await startPending(system.ports, connectorId)
  await system.drain()
  expect((await system.run(quick.runId ?? '')).failure).toMatchObject(refused)
  expect((await system.store.runs(connectorId, 9)).map(({ kind }) => kind)).toEqual(['quick'])
})

test('a plan that is held cannot be approved any more', async () => {
  const system = await company(0.1)
  const held = await system.sync('full')
  expect(held.state).toBe('held')
  await change(system, { retired })
  await expect(approveRun(system.ports, connectorId, held.id, 'ada')).rejects.toMatchObject(refused)
  expect([system.queue.waiting, (await system.run(held.id)).state]).toEqual([[], 'held'])
})

test('the timer ends runs that nobody carries on, and tells its relays each time', async () => {
  const system = await company(1)
  const { runId } = await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
  await change(system, { retired })
  await endRetired(system.ports, connectorId)
  expect((await system.run(runId ?? '')).failure).toMatchObject(refused)
  expect((await stateOf(system))?.running).toEqual({ full: null, quick: null })
  await endRetired(system.ports, connectorId)
  expect(system.exchange.told).toEqual([retired, retired])
  // Its message comes late and finds nothing to do
  await system.drain()
  expect(system.exchange.calls).toEqual([])
})

test('a relay that cannot be told now is left for the next time', async () => {
  const system = await company(1)
  await system.sync('full')
  await change(system, { retired })
  const lost = new AppError('relayLost', 'it hung up', { retryable: true })
  const exchange = { ...system.exchange, tellRetired: () => Promise.reject(lost) }
  await endRetired({ ...system.ports, exchange }, connectorId)
  expect(system.log.of('retiredRelaysNotTold')).toMatchObject([{ level: 'info', fields: { code: 'relayLost' } }])
})

test('a connector that is not retired is left alone', async () => {
  const system = await company(1)
  const { runId } = await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
  await endRetired(system.ports, connectorId)
  expect([(await system.run(runId ?? '')).state, system.exchange.told]).toEqual(['running', []])
})

test('an organization that another connector serves is no reason to try again', async () => {
  const system = await company(1)
  const { runId } = await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
  const message = { connectorId, runId: runId ?? '', position: 0 }
  await failRun(system.ports, message, { code: 'organizationTaken', message: 'served by fabrikam' })
  expect((await stateOf(system))?.pendingFull).toBeNull()
})
