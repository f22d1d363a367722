import { describe, expect, test } from 'vitest'
import type { Activation, DeviceProof } from '../../functions/core/activation.ts'
import { linkDays } from '../../functions/core/activationLink.ts'
import { partitionCount, partitionOf } from '../../functions/core/partition.ts'
import type { Store } from '../../functions/portsStore.ts'
import { activate } from '../../functions/sync/activate.ts'
import { activationOf, saveActivation } from '../../functions/sync/activations.ts'
import { runStep } from '../../functions/sync/runStep.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { storedMailbox } from '../../functions/sync/storedMailboxes.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

const minuteMs = 60_000

/** Three people with a compliant iPhone each, of which Intune never learned the EAS id; all three were held by a full sync. */
async function synced(): Promise<FakeSystem> {
  const { exchange, graph } = staff(3, 3)
  const system = await fakeSystem(
    { ...exchange, devices: (exchange.devices ?? []).map((one) => ({ ...one, DeviceModel: 'iPhone14C2' })) },
    {
      ...graph,
      managedDevices: (graph.managedDevices ?? []).map(({ easDeviceId: _unknown, ...one }) => ({
        ...one,
        azureADDeviceId: `e${one.id}`,
        managementAgent: 'mdm',
        operatingSystem: 'iOS',
        model: 'iPhone 13 Pro',
      })),
    },
    staffPolicy(),
  )
  await system.sync('full', { approve: true })
  await settle(system)
  expect((await system.decisions())['r1']?.reason).toBe('notEnrolled')
  return system
}

async function settle(system: FakeSystem): Promise<void> {
  system.clock.advance(minuteMs)
  await system.sync('quick')
  system.clock.advance(minuteMs)
}

function patch({ directory }: FakeSystem, id: string, part: object): void {
  const { managedDevices = [] } = directory.world
  directory.world = {
    ...directory.world,
    managedDevices: managedDevices.map((one) => (one.id === id ? { ...one, ...part } : one)),
  }
}

/** Works some messages of the queue. */
async function work(system: FakeSystem, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const taken = system.queue.take()
    if (taken) await runStep(system.ports, taken.message, { id: `step${step}`, dequeueCount: 1 })
  }
}

const at = (device: string): DeviceProof => ({ kind: 'device', by: 'deviceClaim', azureAdDeviceId: device })

interface Tap {
  readonly device?: string
  readonly link?: string
  readonly user?: string
  /** How long ago the link was made, milliseconds. */
  readonly issuedBefore?: number
}

async function tap(system: FakeSystem, n: number, given: Tap = {}) {
  const { device = `ed${n}`, link = `link${n}`, user = `u${n}`, issuedBefore = 0 } = given
  const expiresMs = system.clock.now().getTime() + linkDays * 24 * 60 * minuteMs - issuedBefore
  const made = { id: link, connectorId, record: `r${n}`, mailboxGuid: `m${n}`, userId: null, reason: '', expiresMs }
  const attempt = { link: made, signedInId: user, proof: at(device), connectorIds: [connectorId] }
  const result = await activate(system.ports, attempt)
  if (result.result === 'refused') return `refused ${result.why}`
  return result.result === 'used' ? `used ${result.state}` : result.result
}

async function decided(system: FakeSystem) {
  const { r1, r2, r3 } = await system.decisions()
  return [r1, r2, r3].map((one) => `${one?.access} ${one?.reason}`)
}

const held = 'block notEnrolled'
const let_in = 'allow compliant'

async function activationsOf(system: FakeSystem): Promise<string[]> {
  const found: string[] = []
  for (let partition = 0; partition < partitionCount; partition++) {
    for (const { kind, data } of await system.store.rows(connectorId, partition)) {
      if (kind !== 'activation') continue
      const { record, state } = JSON.parse(data) as Activation
      found.push(`${record} ${state}`)
    }
  }
  return found
}
const boundPlaces = async ({ store }: FakeSystem) =>
  (await store.listPlaces(connectorId, 'bound', { after: '', to: null, top: 99 })).map(({ id }) => id)
const auditOf = async ({ store }: FakeSystem, record: string) =>
  (await store.audit(connectorId, 1, 999)).flatMap(({ action, outcome, subject }) =>
    subject === record && action.startsWith('activation') ? [`${action} ${outcome}`] : [],
  )

describe('a tap', () => {
  test('binds, and starts a quick sync that touches that mailbox alone', async () => {
    const system = await synced()
    expect(await tap(system, 1)).toBe('bound')
    expect(system.queue.waiting).toHaveLength(1)
    const [run] = await system.store.runs(connectorId, 1)
    await system.drain()
    expect(await system.run(run?.id ?? '')).toMatchObject({ state: 'done', mode: 'changes', askedBy: 'u1' })
    expect((await system.run(run?.id ?? '')).touched).toHaveLength(1)
    expect(await decided(system)).toEqual([let_in, held, held])
    expect(system.exchange.lists('m1')).toMatchObject({ allowed: ['Dev1'], blocked: [] })
    expect(await auditOf(system, 'r1')).toEqual(['activationBound asked', 'activationBound done'])
  })

  test('while a quick sync is under way, at whatever step, is not lost: the next one starts by itself', async () => {
    for (let steps = 0; steps < 4; steps++) {
      const system = await synced()
      system.clock.advance(minuteMs)
      await startRun(system.ports, { connectorId, kind: 'quick', askedBy: 'timer', dryRun: false })
      // Another mailbox is due, so that the run has all its steps
      await tap(system, 2)
      await work(system, steps)
      expect(await tap(system, 1)).toBe('bound')
      await system.drain()
      expect(await decided(system), `after ${steps} steps`).toEqual([let_in, let_in, held])
    }
  })

  test('is kept by full syncs, which read the device although Intune knows no EAS id of it', async () => {
    const system = await synced()
    await tap(system, 1)
    await system.drain()
    for (const kind of ['full', 'quick', 'full'] as const) {
      system.clock.advance(minuteMs)
      await system.sync(kind, { approve: true })
      expect(await decided(system)).toEqual([let_in, held, held])
    }
  })

  test('makes later changes of the device count at once', async () => {
    const system = await synced()
    await tap(system, 1)
    await system.drain()
    await settle(system)
    patch(system, 'd1', { complianceState: 'noncompliant' })
    system.clock.advance(minuteMs)
    await system.sync('quick', { approve: true })
    expect((await decided(system))[0]).toBe('block notCompliant')
  })

  test('by a link that was used says what became of it, to that person alone', async () => {
    const system = await synced()
    expect(await tap(system, 1)).toBe('bound')
    expect(await tap(system, 1)).toBe('used bound')
    expect(await tap(system, 1, { user: 'u2' })).toBe('refused otherUser')
    expect(await tap(system, 1, { link: 'another' })).toBe('known')
  })

  test('that bound, and was cut off before the mailbox was due, is made good by the next one', async () => {
    const system = await synced()
    const { ports } = system
    const cut: Store['writePlaces'] = async (connector, upserts, deletes) => {
      if (upserts.some(({ kind }) => kind === 'due')) throw new Error('killed')
      return ports.store.writePlaces(connector, upserts, deletes)
    }
    const dying = { ...system, ports: { ...ports, store: { ...ports.store, writePlaces: cut } } }
    await expect(tap(dying, 1)).rejects.toThrow('killed')
    expect(await activationsOf(system)).toEqual(['r1 bound'])
    await settle(system)
    expect(await decided(system)).toEqual([held, held, held])
    expect(await tap(system, 1)).toBe('used bound')
    await system.drain()
    expect(await decided(system)).toEqual([let_in, held, held])
  })

  test('at somebody else’s device is refused, and everybody keeps what they had', async () => {
    const system = await synced()
    expect(await tap(system, 1, { device: 'ed2' })).toBe('refused othersDevice')
    expect(await tap(system, 1, { device: 'e9' })).toBe('refused notEnrolled')
    expect(await tap(system, 1, { user: 'u2', device: 'ed2' })).toBe('refused otherUser')
    expect(await activationsOf(system)).toEqual([])
    expect(await auditOf(system, 'r1')).toEqual([
      'activationRefused othersDevice',
      'activationRefused notEnrolled',
      'activationRefused otherUser',
    ])
    await settle(system)
    expect(await decided(system)).toEqual([held, held, held])
  })

  test.each(['rejected', 'ended'] as const)(
    'by a link from before an administrator’s word changes nothing of it: %s; by a newer one, it counts',
    async (state) => {
      const system = await synced()
      await tap(system, 1, { link: 'first' })
      await system.drain()
      const mailbox = await storedMailbox(system.store, connectorId, 'm1')
      const activation = mailbox && activationOf(mailbox, 'r1')
      if (!mailbox || !activation) throw new Error('there is no activation')
      const decided = { by: 'admin', at: system.clock.now().toISOString(), note: 'lost' }
      await saveActivation(system.ports, connectorId, mailbox, { ...activation, state, decided })
      system.clock.advance(minuteMs)
      expect(await tap(system, 1, { link: 'older', issuedBefore: 2 * minuteMs })).toBe(`used ${state}`)
      expect(await tap(system, 1, { link: 'older', issuedBefore: 2 * minuteMs, user: 'u2' })).toBe('refused otherUser')
      expect(await activationsOf(system)).toEqual([`r1 ${state}`])
      expect(await tap(system, 1, { link: 'newer' })).toBe('bound')
    },
  )

  test('for a record that is gone is refused', async () => {
    const system = await synced()
    system.exchange.state.removeDevice('r1')
    await system.sync('full', { approve: true })
    expect(await tap(system, 1)).toBe('refused recordGone')
  })
})

describe('a binding', () => {
  test('ends with its record, places and all', async () => {
    const system = await synced()
    await tap(system, 1)
    await tap(system, 2)
    await system.drain()
    expect((await boundPlaces(system)).toSorted()).toEqual(['d1', 'd2', 'ed1', 'ed2'])
    system.exchange.state.removeDevice('r1')
    system.clock.advance(minuteMs)
    await system.sync('full', { approve: true })
    expect(await activationsOf(system)).toEqual(['r2 bound'])
    expect((await boundPlaces(system)).toSorted()).toEqual(['d2', 'ed2'])
  })

  test('of one device to two EAS ids in two mailboxes goes to an administrator, whichever came first', async () => {
    const system = await synced()
    await tap(system, 1)
    await system.drain()
    // The phone is Ben's now: Ana's binding says nothing any more, but it is there
    patch(system, 'd1', { userId: 'u2' })
    expect(await tap(system, 2, { device: 'ed1' })).toBe('waiting')
    expect(await activationsOf(system)).toEqual(expect.arrayContaining(['r1 bound', 'r2 waiting']))
  })

  test('is taken away when Intune learns another EAS id of the device', async () => {
    const system = await synced()
    await tap(system, 1)
    await system.drain()
    await settle(system)
    patch(system, 'd1', { easDeviceId: 'AnotherPhone' })
    system.clock.advance(minuteMs)
    await system.sync('quick', { approve: true })
    expect((await decided(system))[0]).toBe(held)
  })

  test('is found again by the quick sync when its device, which was gone, is enrolled anew', async () => {
    const system = await synced()
    await tap(system, 1)
    await system.drain()
    await settle(system)
    const [before] = (system.directory.world.managedDevices ?? []).filter(({ id }) => id === 'd1')
    const without = (system.directory.world.managedDevices ?? []).filter(({ id }) => id !== 'd1')
    system.directory.world = { ...system.directory.world, managedDevices: without }
    system.clock.advance(minuteMs)
    await system.sync('full', { approve: true })
    expect((await decided(system))[0]).toBe(held)
    await settle(system)
    const lastSyncDateTime = system.clock.now().toISOString()
    const again = { ...before, id: 'd1-again', lastSyncDateTime }
    system.directory.world = { ...system.directory.world, managedDevices: [...without, again] }
    system.clock.advance(minuteMs)
    const run = await system.sync('quick', { approve: true })
    expect([run.mode, run.touched.length]).toEqual(['changes', 1])
    expect(await decided(system)).toEqual([let_in, held, held])
    await settle(system)
    expect((await system.sync('quick')).touched).toEqual([])
  })

  test('that an administrator ends counts no more', async () => {
    const system = await synced()
    await tap(system, 1)
    await system.drain()
    await settle(system)
    const mailbox = await storedMailbox(system.store, connectorId, 'm1')
    const activation = mailbox && activationOf(mailbox, 'r1')
    if (!mailbox || !activation) throw new Error('there is no activation')
    await saveActivation(system.ports, connectorId, mailbox, { ...activation, state: 'ended' })
    expect(await boundPlaces(system)).toEqual([])
    await system.sync('quick', { approve: true })
    expect((await decided(system))[0]).toBe(held)
  })
})

test('two links in the same moment, one device, two EAS ids: never are both bound', async () => {
  const system = await synced()
  // Ana's second mailbox, with a phone of its own; both links are opened on one phone
  const { store } = system
  const mailbox = await storedMailbox(store, connectorId, 'm2')
  const [owner] = mailbox?.owners ?? []
  if (!owner) throw new Error('the mailbox has no owner')
  const shared = { ...owner, evidence: 'sid', user: { ...owner.user, id: 'u1' } }
  const row = { mailboxGuid: 'm2', kind: 'user' as const, id: 'u1', data: JSON.stringify(shared), decision: null }
  await store.writeRows(connectorId, partitionOf('m2'), [row], [])
  const both = [tap(system, 1), tap(system, 2, { user: 'u1', device: 'ed1' })]
  const results = await Promise.all(both)
  expect(results.filter((one) => one === 'bound').length).toBeLessThanOrEqual(1)
  expect(results.filter((one) => one === 'waiting').length).toBeGreaterThanOrEqual(1)
})
