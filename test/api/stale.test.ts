/** Stale partnerships through the whole system over fakes: looked for, looked at, removed by a person's word. */
import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../functions/core/partition.ts'
import { setPin } from '../../functions/sync/pins.ts'
import { runStep } from '../../functions/sync/runStep.ts'
import type { FakeDevice } from '../fakes/exchangeFakeWorld.ts'
import { fakeSystem } from '../sync/fakeSystem.ts'
import { Killed, mortalPorts } from '../sync/mortalPorts.ts'
import { staff, staffPolicy } from '../sync/staff.ts'
import { api, graphError, personId } from './apiFixture.ts'

const own = '/easgate/connectors/contoso'

/** The clock stands at 2026-11-21T08:00Z: 90 days before is 2026-08-23. */
const old = { FirstSyncTime: '2025-01-01T08:00:00Z', LastSuccessSync: '2026-03-01T08:00:00Z' }
const recent = '2026-11-01T08:00:00.000Z'

interface View {
  readonly state: string
  readonly count: number | null
  readonly found: number
  readonly records: number
  readonly byModel: Record<string, number>
  readonly left: Record<string, number>
  readonly counts: Record<string, number>
  readonly failure: { readonly code: string } | null
  readonly value: readonly { readonly record: string; readonly outcome: { readonly state: string } | null }[]
}

/** Person n has the phone rn as `phones[n - 1]` says; the first of them is compliant and allowed by easgate, the others are blocked by it. */
async function company(phones: readonly Partial<FakeDevice>[]) {
  const { exchange, graph } = staff(phones.length, 1)
  const devices = (exchange.devices ?? []).map((device, index) => ({ ...device, ...phones[index] }))
  const system = await fakeSystem({ ...exchange, devices }, graph, staffPolicy())
  await system.sync('full')
  const app = api(['contoso'], { ports: async () => system.ports })
  const post = (path: string, body: unknown) => app.call('POST', `${own}/${path}`, { body })
  const view = async (id: string, query = '') => (await app.call('GET', `${own}/stale/${id}${query}`)).body as View
  const preview = async (days = 90) => {
    const { status, body } = await post('stale/preview', { days })
    if (status !== 202) throw new Error(`preview: ${status} ${JSON.stringify(body)}`)
    const { id } = body as { id: string }
    await system.drain()
    return { id, ...(await view(id)) }
  }
  const remove = async (id: string, count: number) => {
    const got = await post('stale', { preview: id, count })
    await system.drain()
    return got
  }
  const here = () => system.exchange.state.records().map(({ guid }) => guid)
  return { system, app, post, view, preview, remove, here }
}

const listed = ({ value }: View) => value.map(({ record }) => record).toSorted()

describe('a preview', () => {
  test('lists who has not synced for so long and nobody else, by model, and changes nothing', async () => {
    const { system, preview, view, here } = await company([
      old,
      old,
      { ...old, LastSuccessSync: recent },
      // A phone that is blocked only tries
      { ...old, LastSyncAttemptTime: recent },
      { FirstSyncTime: '2025-01-01T08:00:00Z' },
      { FirstSyncTime: recent, LastSuccessSync: null },
      { ...old, DeviceWipeRequestTime: '2026-02-01T08:00:00Z' },
      { ...old, ClientType: 'Outlook' },
      old,
    ])
    system.exchange.faults.unreadable = new Set(['m9'])
    const journal = system.exchange.journal.length
    const got = await preview()
    expect(got).toMatchObject({
      state: 'done',
      count: 2,
      found: 2,
      records: 9,
      byModel: { iPhone14: 1, iPhone15: 1 },
      left: { synced: 2, unknown: 1, wipePending: 1, unreadable: 1 },
    })
    expect(listed(got)).toEqual(['r1', 'r2'])
    expect(got.value[0]).toMatchObject({ lastSync: '2026-03-01T08:00:00.000Z', outcome: null })
    expect(listed(await view(got.id, '?model=iPhone14'))).toEqual(['r2'])
    expect(listed(await view(got.id, '?user=u1'))).toEqual(['r1'])
    expect([here().length, system.exchange.journal.length, system.exchange.destroys.executed]).toEqual([9, journal, []])
  })

  test('leaves a pinned record, and an id that somebody else blocked', async () => {
    const { system, preview } = await company([old, old, old])
    await setPin(system.ports, 'contoso', 'm1', { record: 'r1', access: 'allow', note: '', until: null })
    system.exchange.state.putMailbox({ Guid: 'm3', ActiveSyncBlockedDeviceIDs: [] })
    await system.sync('full')
    system.exchange.state.putMailbox({ Guid: 'm3', ActiveSyncBlockedDeviceIDs: ['DEV3'] })
    system.clock.advance(10 * 60_000)
    const { store } = system
    for (const row of (await store.rowsOf('contoso', partitionOf('m3'), ['m3'])).filter(({ kind }) => kind === 'entry'))
      await store.writeRows('contoso', partitionOf('m3'), [], [row])
    await system.sync('full')
    const got = await preview()
    expect([listed(got), got.left]).toEqual([['r2'], { pinned: 1, blockedByOther: 1 }])
  })

  test('asks no mailbox again whose phones cannot have become stale since', async () => {
    const { system, preview } = await company([old, { ...old, LastSuccessSync: recent }])
    await preview()
    await system.sync('full')
    const asked: (readonly string[])[] = []
    const { exchange } = system.ports
    const converse: typeof exchange.converse = (id, use) =>
      exchange.converse(id, (conversation) => {
        const lastSyncs: typeof conversation.lastSyncs = (guids) => {
          asked.push(guids)
          return conversation.lastSyncs(guids)
        }
        return use(new Proxy(conversation, { get: (at, name) => (name === 'lastSyncs' ? lastSyncs : bound(at, name)) }))
      })
    Object.assign(system.ports, { exchange: { ...exchange, converse } })
    expect(await preview()).toMatchObject({ count: 1 })
    // And one of whom the last preview knew that it synced on 1 November may be stale after 14 days
    expect((await preview(14)).found).toBe(2)
    expect(asked.map((guids) => guids.toSorted())).toEqual([['m1'], ['m1'], ['m2']])
  })

  test('asked for by two at the same moment is one', async () => {
    const { post, system } = await company([old])
    const asked = await Promise.all([90, 91].map(async (days) => post('stale/preview', { days })))
    expect(asked.map(({ status }) => `${status}`).toSorted()).toEqual(['202', '409'])
    await system.drain()
    expect((await system.store.document('contoso', 'connector'))?.value.staleRun).toBeNull()
  })

  test('is one at a time: the same is shared, another is refused', async () => {
    const { post, system } = await company([old])
    const first = await post('stale/preview', { days: 90 })
    expect((await post('stale/preview', { days: 90 })).body).toEqual(first.body)
    expect((await post('stale/preview', { days: 91 })).status).toBe(409)
    await system.drain()
    expect((await post('stale/preview', { days: 91 })).status).toBe(202)
  })

  test.each([[{}], [{ days: 13 }], [{ days: 90, all: true }]])('%j is refused', async (body) => {
    const { post } = await company([old])
    expect((await post('stale/preview', body)).status).toBe(400)
  })
})

describe('a removal', () => {
  test('ends what the preview lists, takes the ids off both lists, and is audited in the person’s name', async () => {
    const { system, preview, remove, view, here } = await company([old, old, { ...old, LastSuccessSync: recent }])
    system.exchange.state.putMailbox({ Guid: 'm1', ActiveSyncAllowedDeviceIDs: ['Dev1', 'Other'] })
    const { id } = await preview()
    expect((await remove(id, 2)).status).toBe(202)
    expect(await view(id)).toMatchObject({ state: 'done', count: 0, counts: { 'stale.done': 2 } })
    expect([here(), system.exchange.lists('m1'), system.exchange.lists('m2')]).toEqual(
      [['r3'], { allowed: ['Other'], blocked: [] }, { allowed: [], blocked: [] }].map((one) =>
        Array.isArray(one) ? one : expect.objectContaining(one),
      ),
    )
    const audit = (await system.store.audit('contoso', 1, 999)).filter(({ actor }) => actor === personId)
    expect(audit.filter(({ action }) => action === 'staleRemovalAsked').map(({ outcome }) => outcome)).toEqual([
      'asked',
      'done',
    ])
    expect(
      audit.filter(({ action }) => action === 'device.remove').map(({ subject, outcome }) => [subject, outcome]),
    ).toEqual(
      expect.arrayContaining([
        ['r1', 'asked'],
        ['r1', 'done'],
        ['r2', 'asked'],
        ['r2', 'done'],
      ]),
    )
    system.clock.advance(60_000)
    await system.sync('quick')
    expect(Object.keys(await system.decisions())).toEqual(['r3'])
  })

  test('of another number is refused with the number, and removes nothing', async () => {
    const { post, preview, here, remove } = await company([old, old])
    const { id } = await preview()
    const got = await post('stale', { preview: id, count: 1 })
    const message = `preview ${id} has 2 partnerships left to remove and not 1; look at its list and send that number`
    expect([got.status, got.body]).toEqual([409, graphError('conflict', message)])
    expect(here()).toHaveLength(2)
    await remove(id, 2)
    expect(JSON.stringify((await remove(id, 2)).body)).toContain('has 0 partnerships left')
  })

  test('leaves who synced, was pinned, blocked or is being wiped since the preview', async () => {
    const { system, app, preview, remove, view, here } = await company([old, old, old, old, old])
    const { id } = await preview()
    system.exchange.state.putDevice({ Guid: 'r1', LastSuccessSync: '2026-11-21T07:59:00Z' })
    await setPin(system.ports, 'contoso', 'm2', { record: 'r2', access: 'block', note: '', until: null })
    await app.call('POST', `${own}/devices/r3/wipe`, { body: {} })
    system.exchange.state.putDevice({ Guid: 'r3', DeviceWipeRequestTime: '2026-11-21T08:00:00Z' })
    system.exchange.state.putDevice({ Guid: 'r4', LastSuccessSync: null })
    await remove(id, 5)
    expect(here()).toEqual(['r1', 'r2', 'r3', 'r4'])
    const { counts, value } = await view(id)
    expect(counts).toMatchObject({ 'stale.done': 1, 'stale.changedSinceRead': 4 })
    expect(Object.fromEntries(value.map(({ record, outcome }) => [record, outcome]))).toMatchObject({
      r1: { message: 'synced' },
      r2: { message: 'pinned' },
      r3: { message: 'wipePending' },
      r4: { message: 'unknown' },
      r5: { state: 'done' },
    })
  })

  test('leaves the lists where the phone is back under another record', async () => {
    const { system, preview, remove, here } = await company([old])
    const { id } = await preview()
    system.exchange.state.putDevice({ Guid: 'back', Mailbox: 'm1', DeviceId: 'DEV1', DeviceType: 'iPhone' })
    await remove(id, 1)
    expect([here(), system.exchange.lists('m1').allowed]).toEqual([['back'], ['Dev1']])
  })

  test('leaves the lists where somebody else removed the phone and blocked its id: it is lost, perhaps', async () => {
    const { system, preview, remove, view } = await company([old])
    const { id } = await preview()
    const edit = { addAllowed: [], removeAllowed: ['Dev1'], addBlocked: ['Dev1'], removeBlocked: [] }
    system.exchange.state.run({ id: 'hand', kind: 'lists', mailboxGuid: 'm1', ...edit })
    system.exchange.state.removeDevice('r1')
    await remove(id, 1)
    expect([system.exchange.lists('m1').blocked, (await view(id)).counts['stale.gone']]).toEqual([['Dev1'], 1])
  })

  test('that the relay does not allow ends with the remedy, removes nothing, and may be asked for again', async () => {
    const { system, preview, remove, view, here } = await company([old])
    const { id } = await preview()
    system.exchange.destroys.isRefused = true
    await remove(id, 1)
    expect(await view(id)).toMatchObject({ state: 'failed', count: 1, failure: { code: 'conflict' } })
    expect(here()).toEqual(['r1'])
    system.exchange.destroys.isRefused = false
    expect((await remove(id, 1)).status).toBe(202)
    expect([(await view(id)).state, here()]).toEqual(['done', []])
  })

  test.each(['before', 'after'] as const)('whose outcome is lost %s it was done is looked at again', async (breaks) => {
    const { system, preview, remove, view, here } = await company([old, old])
    const { id } = await preview()
    system.exchange.destroys.breaks = breaks
    await remove(id, 2)
    expect([(await view(id)).count, here(), system.exchange.lists('m2').blocked]).toEqual([0, [], []])
    const ended = system.exchange.destroys.executed.map(({ record }) => record).toSorted()
    expect(ended).toEqual(['r1', 'r2'])
  })

  test('is stopped by the stop switch, and refused while it is on', async () => {
    const { system, post, preview, remove, view, here } = await company([old, old])
    const { id } = await preview()
    expect((await post('stale', { preview: id, count: 2 })).status).toBe(202)
    await system.setPolicy(staffPolicy({ stop: true }))
    await system.drain()
    expect([here().length, (await view(id)).counts]).toEqual([2, expect.objectContaining({ 'notSent.stop': 1 })])
    expect((await remove(id, 2)).status).toBe(409)
  })

  test('by a preview of yesterday, or one that does not exist, is refused', async () => {
    const { system, preview, remove } = await company([old])
    const { id } = await preview()
    expect((await remove('nobody', 1)).status).toBe(404)
    system.clock.advance(25 * 3_600_000)
    expect(JSON.stringify((await remove(id, 1)).body)).toContain('older than 24 hours')
  })

  test('killed at any moment and delivered again, removes each once and ends as if nothing had happened', async () => {
    for (let calls = 1; ; calls += 3) {
      const { system, post, preview, view, here } = await company([old, old, { ...old, LastSuccessSync: recent }])
      const { id } = await preview()
      await post('stale', { preview: id, count: 2 })
      const life = { left: calls }
      const isCut = await drainMortally(system, life)
      expect([(await view(id)).state, here(), system.exchange.lists('m2').blocked]).toEqual(['done', ['r3'], []])
      expect(system.exchange.destroys.executed.map(({ record }) => record).toSorted()).toEqual(['r1', 'r2'])
      const open = (await system.store.document('contoso', 'connector'))?.value.staleRun
      expect([await view(id).then(({ count }) => count), open]).toEqual([0, null])
      if (!isCut) return
    }
  })
})

/** True when somebody died. */
async function drainMortally({ ports, queue }: Awaited<ReturnType<typeof fakeSystem>>, life: { left: number }) {
  let isCut = false
  let deliveries = 0
  for (let taken = queue.take(); taken; taken = queue.take()) {
    const id = `mortal${(deliveries += 1)}`
    for (let dequeueCount = 1; ; dequeueCount += 1) {
      try {
        await runStep(mortalPorts(ports, life), taken.message, { id, dequeueCount })
        break
      } catch (thrown) {
        if (dequeueCount > 3) throw thrown
        isCut ||= thrown instanceof Killed || life.left <= 0
        life.left = Infinity
      }
    }
  }
  return isCut
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target)
  return typeof value === 'function' ? value.bind(target) : value
}
