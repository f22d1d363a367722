import { describe, expect, test } from 'vitest'
import { approveRun } from '../../functions/sync/decideHeldRun.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

/** Ten of thirty have no enrolled phone, half of them in sales; the limits hold that. */
async function held(settings: Partial<Settings> = {}, more: Partial<Policy> = {}) {
  const { exchange, graph } = staff(30, 20)
  const system = await fakeSystem(exchange, graph, staffPolicy(settings, more))
  const run = await system.sync('full')
  expect(run.state).toBe('held')
  return { system, run }
}

const blocked = (system: FakeSystem) =>
  system.exchange.state.mailboxes().flatMap(({ guid, blocked: ids }) => (ids.length > 0 ? [guid] : []))
const connector = async ({ store }: FakeSystem) => (await store.document(connectorId, 'connector'))?.value

describe('approved for a group', () => {
  test('only changes of its members go on; the rest is dropped, counted, and has no command', async () => {
    const { system, run } = await held()
    await approveRun(system.ports, connectorId, run.id, 'ada', ['sales'])
    await system.drain()
    const done = await system.run(run.id)
    expect([done.state, done.approvedBy, done.approvedGroups]).toEqual(['done', 'ada', ['sales']])
    expect(blocked(system)).toEqual(['m21', 'm23', 'm25', 'm27', 'm29'])
    // Five blocks of the others, and ten allows
    expect(done.counts).toMatchObject({ 'outcome.notApproved': 15 })
    const audit = await system.store.audit(connectorId, 1, 999)
    expect(audit.find(({ action }) => action === 'planApproved')).toMatchObject({
      actor: 'ada',
      after: { groups: ['sales'] },
    })
  })

  test('the rest is decided anew by the next full sync, and held again while it is too much', async () => {
    const { system, run } = await held()
    await approveRun(system.ports, connectorId, run.id, 'ada', ['sales'])
    await system.drain()
    const quick = await system.sync('quick')
    expect([quick.state, blocked(system)]).toEqual(['done', ['m21', 'm23', 'm25', 'm27', 'm29']])
    const next = await system.sync('full')
    expect([next.state, next.counts['losing']]).toEqual(['held', 5])
  })

  test('what the limits compare with stays as it was: an inventory that shrank is not taken for granted', async () => {
    const { exchange, graph } = staff(30, 30)
    const system = await fakeSystem(exchange, graph, staffPolicy({}))
    await system.sync('full', { approve: true })
    const before = (await connector(system))?.inventory
    system.directory.world = {
      ...system.directory.world,
      managedDevices: (system.directory.world.managedDevices ?? []).slice(0, 5),
    }
    const run = await system.sync('full')
    expect([run.state, run.refusal?.limit]).toEqual(['held', 'shrunkInventory'])
    await approveRun(system.ports, connectorId, run.id, 'ada', ['empty'])
    await system.drain()
    expect((await system.run(run.id)).state).toBe('done')
    expect((await connector(system))?.inventory).toEqual(before)
    expect((await system.sync('full')).refusal?.limit).toBe('shrunkInventory')
  })

  test('a plan that changes Exchange for everybody has no parts', async () => {
    const { system, run } = await held({}, { defaultAccessLevel: 'quarantine' })
    await expect(approveRun(system.ports, connectorId, run.id, 'ada', ['sales'])).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('for everybody (defaultLevel)') as string,
    })
    expect((await system.run(run.id)).state).toBe('held')
    await approveRun(system.ports, connectorId, run.id, 'ada')
    await system.drain()
    expect((await system.run(run.id)).state).toBe('done')
  })

  test('a group that does not exist is refused, and the plan stays', async () => {
    const { system, run } = await held()
    const asked = approveRun(system.ports, connectorId, run.id, 'ada', ['sales', 'nobody'])
    await expect(asked).rejects.toMatchObject({ code: 'groupNotFound' })
    expect((await system.run(run.id)).state).toBe('held')
  })
})

describe('a held plan expires', () => {
  test('after the hours of its policy, at the next start of any run; then a new one can be held', async () => {
    const { system, run } = await held({ limits: { ...staffPolicy().settings.limits, heldHours: 2 } })
    system.clock.advance(2 * 3_600_000 - 60_000)
    await system.sync('quick')
    expect((await system.run(run.id)).state).toBe('held')
    system.clock.advance(60_000)
    await system.sync('quick')
    expect([(await system.run(run.id)).state, (await connector(system))?.heldRun]).not.toContain('held')
    expect((await connector(system))?.heldRun).not.toBe(run.id)
    const audit = await system.store.audit(connectorId, 1, 999)
    expect(audit.filter(({ action }) => action === 'planExpired')).toMatchObject([{ actor: 'timer', runId: run.id }])
  })

  test('and cannot be approved or rejected late, also where no timer came', async () => {
    const { system, run } = await held()
    system.clock.advance(24 * 3_600_000)
    await expect(approveRun(system.ports, connectorId, run.id, 'ada')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('is expired') as string,
    })
    expect([(await system.run(run.id)).state, (await connector(system))?.heldRun, system.queue.waiting]).toEqual([
      'expired',
      null,
      [],
    ])
  })
})

describe('what Exchange refuses again and again', () => {
  test('loses nobody’s access, and holds no quick sync', async () => {
    const { exchange, graph } = staff(4, 3)
    const limits = { ...staffPolicy().settings.limits, maxLosing: 1 }
    const system = await fakeSystem(exchange, graph, staffPolicy({ limits }))
    const refused = { category: 'permission', message: 'Insufficient access rights', ran: 'no' } as const
    system.exchange.faults.failMailboxes = new Map([['m4', refused]])
    await system.sync('full')
    for (let tried = 1; tried <= 3; tried++) {
      system.clock.advance(16 * 60_000)
      const run = await system.sync('quick')
      expect([run.state, run.counts['losing'], (await connector(system))?.lost]).toEqual(['done', 1, 0])
    }
    delete system.exchange.faults.failMailboxes
    system.clock.advance(16 * 60_000)
    await system.sync('quick')
    expect([blocked(system), (await connector(system))?.lost]).toEqual([['m4'], 1])
  })
})
