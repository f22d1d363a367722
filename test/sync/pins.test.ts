import { describe, expect, test } from 'vitest'
import type { Pin } from '../../functions/core/pin.ts'
import { listPins, removePin, setPin } from '../../functions/sync/pins.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

const minuteMs = 60_000

/** Two people with a compliant phone each, synced. */
async function synced(pins: readonly Pin[] = []): Promise<FakeSystem> {
  const { exchange, graph } = staff(2, 2)
  const system = await fakeSystem(exchange, graph, staffPolicy({ pins }))
  await system.sync('full', { approve: true })
  await settle(system)
  return system
}

/** Exchange shows what easgate changed as changed: the quick sync after it looks at those mailboxes once more. */
async function settle(system: FakeSystem): Promise<void> {
  system.clock.advance(minuteMs)
  await system.sync('quick')
  system.clock.advance(minuteMs)
}

const pin = (record: string, given: Partial<Pin> = {}): Pin => ({
  record,
  access: 'block',
  note: 'lost',
  until: null,
  ...given,
})
const set = (system: FakeSystem, one: Pin) => setPin(system.ports, connectorId, `m${one.record.slice(1)}`, one)
const inMinutes = (system: FakeSystem, minutes: number) =>
  new Date(system.clock.now().getTime() + minutes * minuteMs).toISOString()

async function quick(system: FakeSystem) {
  const run = await system.sync('quick', { approve: true })
  expect([run.state, run.failure]).toEqual(['done', null])
  const { r1, r2 } = await system.decisions()
  return { mode: run.mode, touched: run.touched.length, r1: r1?.reason, r2: r2?.reason }
}

const rest = { mode: 'changes', r2: 'compliant' }

describe('a pin', () => {
  test('is decided by the next quick sync, which touches its mailbox alone', async () => {
    const system = await synced()
    await set(system, pin('r1'))
    expect(await quick(system)).toEqual({ ...rest, touched: 1, r1: 'pinned' })
    expect(system.exchange.lists('m1')).toMatchObject({ allowed: [], blocked: ['Dev1'] })
    await settle(system)
    expect(await quick(system)).toEqual({ ...rest, touched: 0, r1: 'pinned' })
  })

  test('ends on time, with no full decide', async () => {
    const system = await synced()
    await set(system, pin('r1', { until: inMinutes(system, 10) }))
    system.clock.advance(1_000)
    expect(await quick(system)).toEqual({ ...rest, touched: 1, r1: 'pinned' })
    await settle(system)
    system.clock.advance(5 * minuteMs)
    expect(await quick(system)).toEqual({ ...rest, touched: 0, r1: 'pinned' })
    system.clock.advance(3 * minuteMs)
    expect(await quick(system)).toEqual({ ...rest, touched: 1, r1: 'compliant' })
    expect(system.exchange.lists('m1')).toMatchObject({ allowed: ['Dev1'], blocked: [] })
  })

  test('taken away, the table decides again', async () => {
    const system = await synced()
    await set(system, pin('r1'))
    system.clock.advance(minuteMs)
    await quick(system)
    await removePin(system.ports, connectorId, 'm1', 'r1')
    system.clock.advance(minuteMs)
    expect(await quick(system)).toEqual({ ...rest, touched: 1, r1: 'compliant' })
    expect((await listPins(system.store, connectorId, '', 9)).pins).toEqual([])
  })

  test('outlives full syncs, in the index and beside its mailbox; goes with the mailbox', async () => {
    const system = await synced()
    await set(system, pin('r1'))
    await system.sync('full', { approve: true })
    await system.sync('full', { approve: true })
    expect((await system.decisions())['r1']?.reason).toBe('pinned')
    expect((await listPins(system.store, connectorId, '', 9)).pins.map((one) => one.pin.record)).toEqual(['r1'])
    system.exchange.state.removeDevice('r1')
    system.exchange.state.removeMailbox('m1')
    system.clock.advance(minuteMs)
    await system.sync('full', { approve: true })
    expect(await system.store.listPlaces(connectorId, 'pin', { after: '', to: null, top: 9 })).toEqual([])
  })

  test('set while a quick sync is on its way is not lost', async () => {
    const system = await synced()
    await set(system, pin('r2'))
    let isSet = false
    system.exchange.faults.before = async (call) => {
      if (call !== 'findMailboxes' || isSet) return
      isSet = true
      // A moment before the run began to read, but written after it listed what is due
      const clock = { now: () => new Date(system.clock.now().getTime() - 5_000) }
      await setPin({ store: system.store, clock }, connectorId, 'm1', pin('r1'))
    }
    expect(await quick(system)).toMatchObject({ r1: 'compliant', r2: 'pinned' })
    system.clock.advance(minuteMs)
    expect(await quick(system)).toMatchObject({ r1: 'pinned', r2: 'pinned' })
  })

  test('many are listed page by page', async () => {
    const { exchange, graph } = staff(30, 30)
    const system = await fakeSystem(exchange, graph, staffPolicy())
    await system.sync('full', { approve: true })
    const records = Array.from({ length: 30 }, (_, index) => `r${index + 1}`)
    for (const record of records) await set(system, pin(record))
    const found: string[] = []
    for (let after: string | null = ''; after !== null;) {
      const page: Awaited<ReturnType<typeof listPins>> = await listPins(system.store, connectorId, after, 7)
      found.push(...page.pins.map((one) => one.pin.record))
      after = page.next
    }
    expect(found).toEqual(records.toSorted())
  })
})

describe('a pin of the settings’ list', () => {
  const list = async ({ store }: FakeSystem) => (await store.document(connectorId, 'policy'))?.value.settings.pins
  const own = async ({ store }: FakeSystem) => (await listPins(store, connectorId, '', 9)).pins.map((one) => one.pin)

  test('holds from the very first full sync on, and is a pin of its own from then on', async () => {
    const listed = [pin('r1', { until: '2999-01-01T00:00:00.000Z' }), pin('r404')]
    const system = await synced(listed)
    expect(await quick(system)).toEqual({ ...rest, touched: 0, r1: 'pinned' })
    expect([await own(system), await list(system)]).toEqual([[listed[0]], []])
    const entries = (await system.store.audit(connectorId, 1, 999)).filter(({ action }) => action === 'pinsMoved')
    expect(entries).toMatchObject([{ before: listed, after: { moved: 1, ofNoRecord: ['r404'] }, outcome: 'done' }])
    await removePin(system.ports, connectorId, 'm1', 'r1')
    system.clock.advance(minuteMs)
    expect(await quick(system)).toMatchObject({ r1: 'compliant' })
    expect((await system.sync('full', { approve: true })).state).toBe('done')
    expect([await own(system), (await system.decisions())['r1']?.reason]).toEqual([[], 'compliant'])
  })

  test('given to a running connector counts at the next quick sync; then nothing is decided again for it', async () => {
    const system = await synced()
    await system.setPolicy(staffPolicy({ pins: [pin('r1')] }))
    expect(await quick(system)).toMatchObject({ mode: 'stored', r1: 'pinned', r2: 'compliant' })
    expect([await own(system), await list(system)]).toEqual([[pin('r1')], []])
    await settle(system)
    expect(await quick(system)).toEqual({ ...rest, touched: 0, r1: 'pinned' })
  })

  test('gives way to a pin of its own that has not ended, and takes the place of one that has', async () => {
    const system = await synced()
    await set(system, pin('r1', { until: inMinutes(system, 1) }))
    await set(system, pin('r2'))
    system.clock.advance(2 * minuteMs)
    const allows = ['r1', 'r2'].map((record) => pin(record, { access: 'allow', note: 'listed' }))
    await system.setPolicy(staffPolicy({ pins: allows }))
    await quick(system)
    expect(await own(system)).toEqual([allows[0], pin('r2')])
  })

  test('that is given while a run decides stays for the next', async () => {
    const { exchange, graph } = staff(2, 2)
    const system = await fakeSystem(exchange, graph, staffPolicy({ pins: [pin('r1')] }))
    system.exchange.faults.before = async (call) => {
      if (call === 'mailboxes') await system.setPolicy(staffPolicy({ pins: [pin('r1'), pin('r2')] }))
    }
    await system.sync('full', { approve: true })
    expect([await own(system), await list(system)]).toEqual([[pin('r1')], [pin('r2')]])
    delete system.exchange.faults.before
    await quick(system)
    expect([await own(system), await list(system)]).toEqual([[pin('r1'), pin('r2')], []])
  })
})
