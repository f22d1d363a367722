import { describe, expect, test } from 'vitest'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { AppError } from '../../functions/errors.ts'
import { approveRun, rejectRun } from '../../functions/sync/decideHeldRun.ts'
import { failRun } from '../../functions/sync/failRun.ts'
import { runStep } from '../../functions/sync/runStep.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { patchDevice } from './patchDevice.ts'
import { staff, staffPolicy } from './staff.ts'

async function systemOf(people: number, enrolled: number, settings: Partial<Settings> = {}): Promise<FakeSystem> {
  const { exchange, graph } = staff(people, enrolled)
  return fakeSystem(exchange, graph, policy(settings))
}

function policy(settings: Partial<Settings> = {}): Policy {
  return staffPolicy(settings, { defaultAccessLevel: 'quarantine' })
}

const connector = async (system: FakeSystem) => (await system.store.document(connectorId, 'connector'))?.value
const ask = (system: FakeSystem, kind: 'full' | 'quick') =>
  startRun(system.ports, { connectorId, kind, askedBy: 'test', dryRun: false })
/** What somebody else does to a mailbox’s lists. */
const noEdits = {
  id: 'by hand',
  kind: 'lists',
  addAllowed: [],
  removeAllowed: [],
  addBlocked: [],
  removeBlocked: [],
} as const

describe('starting runs', () => {
  test('a full sync attaches to a running full one, a quick one to a running quick one', async () => {
    const system = await systemOf(1, 1)
    const [full, quick] = [await ask(system, 'full'), await ask(system, 'quick')]
    expect([full.how, quick.how]).toEqual(['started', 'started'])
    expect([await ask(system, 'full'), await ask(system, 'quick')]).toEqual([
      { runId: full.runId, how: 'attached' },
      { runId: quick.runId, how: 'attached' },
    ])
  })
  test('a full sync asked for while a quick one runs starts when that is done', async () => {
    const system = await systemOf(1, 1)
    await ask(system, 'quick')
    expect(await ask(system, 'full')).toEqual({ runId: null, how: 'queued' })
    await system.drain()
    const runs = await system.store.runs(connectorId, 10)
    expect(runs.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['full done', 'quick done'])
    expect((await connector(system))?.pendingFull).toBeNull()
  })
  test('a run that lost its message is sent on at the next asking', async () => {
    const system = await systemOf(1, 1)
    const { runId } = await ask(system, 'full')
    system.queue.take()
    system.clock.advance(61_000)
    expect(await ask(system, 'full')).toEqual({ runId, how: 'attached' })
    await system.drain()
    expect((await system.run(runId ?? '')).state).toBe('done')
  })
  test('a full and a quick sync side by side: one waits for the other’s lease, both end', async () => {
    const system = await systemOf(3, 2)
    const [full, quick] = [await ask(system, 'full'), await ask(system, 'quick')]
    await system.drain()
    expect([(await system.run(full.runId ?? '')).state, (await system.run(quick.runId ?? '')).state]).toEqual([
      'done',
      'done',
    ])
    expect((await connector(system))?.lease).toBeNull()
  })
  test('a long full sync does not put back what a quick one read later', async () => {
    const system = await systemOf(2, 2)
    await system.sync('full')
    const full = await ask(system, 'full')
    for (let i = 0; i < 6; i++) await step(system)
    const waiting = system.queue.take()
    patchDevice(system, 'd1', { complianceState: 'noncompliant' })
    await system.sync('quick')
    expect((await system.decisions())['r1']).toMatchObject({ reason: 'notCompliant' })
    if (waiting) await system.queue.send(waiting.message)
    await system.drain()
    expect((await system.run(full.runId ?? '')).state).toBe('done')
    expect((await system.decisions())['r1']).toMatchObject({ reason: 'notCompliant' })
  })
})

async function step(system: FakeSystem): Promise<void> {
  const taken = system.queue.take()
  if (taken)
    await runStep(system.ports, taken.message, {
      id: `step${Math.trunc(system.clock.now().getTime())}`,
      dequeueCount: 1,
    })
  system.clock.advance(10)
}

describe('held plans', () => {
  const held = async () => {
    const system = await systemOf(30, 10)
    const run = await system.sync('full')
    return { system, run }
  }
  test('a plan beyond the limits sends nothing and says why', async () => {
    const { system, run } = await held()
    expect([run.state, run.refusal?.limit, system.exchange.journal.length]).toEqual(['held', 'losingShare', 0])
    expect(await connector(system)).toMatchObject({ heldRun: run.id, lease: null, running: { full: null } })
  })
  test('approved, it is applied; rejected, it never is', async () => {
    const one = await held()
    await approveRun(one.system.ports, connectorId, one.run.id, 'ana')
    await one.system.drain()
    expect(await one.system.run(one.run.id)).toMatchObject({ state: 'done', approvedBy: 'ana' })
    expect(one.system.exchange.record('r30').state).toBe('quarantined')
    const other = await held()
    await rejectRun(other.system.ports, connectorId, other.run.id, 'ana')
    await other.system.drain()
    expect([(await other.system.run(other.run.id)).state, other.system.exchange.journal.length]).toEqual([
      'rejected',
      0,
    ])
    await expect(approveRun(other.system.ports, connectorId, other.run.id, 'ana')).rejects.toMatchObject({
      code: 'conflict',
    })
  })
  test('a newer full sync takes its place, a quick one does not', async () => {
    const { system, run } = await held()
    await system.sync('quick')
    expect((await system.run(run.id)).state).toBe('held')
    const newer = await system.sync('full')
    expect([(await system.run(run.id)).state, newer.state, (await connector(system))?.heldRun]).toEqual([
      'replaced',
      'held',
      newer.id,
    ])
  })
  test('approval and rejection of what is not there are refused', async () => {
    const { system } = await held()
    await expect(approveRun(system.ports, connectorId, 'nothing', 'ana')).rejects.toMatchObject({ code: 'notFound' })
  })
})

describe('sending', () => {
  test.each([
    ['a dry run', {}, { dryRun: true }, 'notSent.dryRun'],
    ['report mode', { reportOnly: true }, {}, 'notSent.reportOnly'],
    ['the stop switch', { stop: true }, {}, 'notSent.stop'],
  ] as const)('%s decides and sends nothing', async (_what, settings, options, count) => {
    const system = await systemOf(3, 2, settings)
    const run = await system.sync('full', options)
    expect([run.state, run.counts[count], system.exchange.journal.length]).toEqual(['done', 1, 0])
    expect((await system.decisions())['r3']).toMatchObject({ access: 'quarantine', reason: 'notEnrolled' })
    expect(await system.store.document(connectorId, 'own')).toBeNull()
  })
  test('what somebody else changed after the plan was made is dropped and decided at the next sync', async () => {
    const system = await systemOf(2, 1)
    let isChanged = false
    system.exchange.faults.before = (call, state) => {
      if (call !== 'lists' || isChanged) return
      isChanged = true
      state.run({ ...noEdits, mailboxGuid: 'm1', addBlocked: ['Dev1'] })
    }
    const run = await system.sync('full')
    expect(run.counts['outcome.changedSinceRead']).toBe(1)
    await system.sync('full')
    expect((await system.decisions())['r1']).toMatchObject({ access: 'leave', reason: 'manualEntry' })
  })
  test('an entry that somebody took away is made again, and is still easgate’s own', async () => {
    const system = await systemOf(2, 1)
    await system.sync('full')
    system.exchange.state.run({ ...noEdits, mailboxGuid: 'm1', removeAllowed: ['Dev1'] })
    await system.sync('full')
    expect(system.exchange.lists('m1').allowed).toEqual(['Dev1'])
    patchDevice(system, 'd1', { complianceState: 'noncompliant' })
    await system.sync('full')
    expect(system.exchange.lists('m1')).toMatchObject({ allowed: [], blocked: [] })
  })
  test('a mailbox that Exchange refuses to change is reported, and the others go on', async () => {
    const system = await systemOf(3, 3)
    system.exchange.faults.failMailboxes = new Map([
      ['m2', { category: 'accessDenied', message: 'INSUFF_ACCESS_RIGHTS', ran: 'no' }],
    ])
    const run = await system.sync('full')
    expect([run.state, run.counts['outcome.failed'], run.counts['outcome.done']]).toEqual(['done', 1, 3])
  })
  test('a relay that never comes back ends the changes as failed, and the run with them', async () => {
    const system = await systemOf(1, 1)
    system.exchange.faults.before = (call) => {
      if (call === 'change') system.exchange.faults.noRelay = true
    }
    system.exchange.faults.loseAt = 'change'
    const run = await system.sync('full')
    expect([run.state, run.counts['outcome.failed']]).toEqual(['done', 2])
  })
  test('a rule and a default that an administrator set between plan and apply stay the administrator’s', async () => {
    const system = await systemOf(30, 10)
    const wanted = { ...policy(), exceptions: [{ type: 'family' as const, name: 'iPad', level: 'allow' as const }] }
    await system.setPolicy(wanted)
    const run = await system.sync('full')
    system.exchange.state.putRule({
      Guid: 'by-hand',
      QueryString: 'iPad',
      Characteristic: 'DeviceType',
      AccessLevel: 'Block',
    })
    system.exchange.state.run({ id: 'by hand', kind: 'defaultLevel', level: 'block' })
    await approveRun(system.ports, connectorId, run.id, 'ana')
    await system.drain()
    expect((await system.store.document(connectorId, 'own'))?.value ?? null).toBeNull()
    await system.setPolicy({ ...wanted, enabled: false })
    await system.sync('full', { approve: true })
    const { defaultLevel, rules } = system.exchange.state.configuration()
    expect([defaultLevel, rules.map(({ queryString, level }) => `${queryString} ${level}`)]).toEqual([
      'block',
      ['iPad block'],
    ])
  })
  test('an allow made by hand beside easgate’s block stays the administrator’s when the block goes', async () => {
    const system = await systemOf(2, 1)
    await system.setPolicy({ ...policy(), defaultAccessLevel: 'block' })
    await system.sync('full')
    expect(system.exchange.lists('m2').blocked).toEqual(['Dev2'])
    system.exchange.state.run({ ...noEdits, mailboxGuid: 'm2', addAllowed: ['Dev2'] })
    await system.setPolicy({ ...policy(), enabled: false })
    for (let i = 0; i < 3; i++) await system.sync('full')
    expect(system.exchange.lists('m2')).toMatchObject({ allowed: ['Dev2'], blocked: [] })
  })
  test('a quick sync after switching off restores the default, too, before it withdraws anything', async () => {
    const system = await systemOf(3, 2)
    await system.sync('full')
    await system.setPolicy({ ...policy(), enabled: false })
    const moments: string[] = []
    system.exchange.faults.before = () => void moments.push(system.exchange.record('r1').state)
    await system.sync('quick')
    expect(new Set(moments)).toEqual(new Set(['allowed']))
    expect([system.exchange.record('r1').state, system.exchange.lists('m1').allowed]).toEqual(['allowed', []])
    expect((await system.store.document(connectorId, 'own'))?.value.defaultLevel).toBeNull()
  })
  test('switched off, the default comes back first, then easgate’s entries go', async () => {
    const system = await systemOf(3, 2)
    await system.sync('full')
    expect(system.exchange.state.configuration().defaultLevel).toBe('quarantine')
    await system.setPolicy({ ...policy(), enabled: false })
    await system.sync('full')
    const last = system.exchange.journal.slice(-3).map(({ command }) => command.kind)
    expect([system.exchange.state.configuration().defaultLevel, last]).toEqual([
      'allow',
      ['defaultLevel', 'lists', 'lists'],
    ])
    expect(system.exchange.state.mailboxes().flatMap(({ allowed, blocked }) => [...allowed, ...blocked])).toEqual([])
  })
})

describe('missing data never takes access away', () => {
  test.each([
    ['mailboxes', (system: FakeSystem) => void (system.exchange.faults.cut = 'mailboxes')],
    ['EAS records', (system: FakeSystem) => void (system.exchange.faults.cut = 'records')],
    ['users', (system: FakeSystem) => system.directory.failNext('users', new AppError('graphDenied', '403'))],
    ['groups', (system: FakeSystem) => system.directory.failNext('memberIds', new AppError('groupNotFound', 'staff'))],
    [
      'Intune devices',
      (system: FakeSystem) => system.directory.failNext('intuneDevices', new AppError('graphFailed', 'page 2')),
    ],
  ])('half a list of %s fails the run before anything is decided', async (_what, breakIt) => {
    const system = await systemOf(3, 2)
    await system.sync('full')
    const before = await system.decisions()
    breakIt(system)
    const run = await system.sync('full')
    expect([run.state, await system.decisions()]).toEqual(['failed', before])
    system.exchange.faults.cut = undefined
    expect((await system.sync('full')).state).toBe('done')
  })
  test('a record that is gone loses its row, and its entry is cleaned up', async () => {
    const system = await systemOf(2, 2)
    await system.sync('full')
    system.exchange.state.removeDevice('r1')
    await system.sync('full')
    expect(Object.keys(await system.decisions())).toEqual(['r2'])
    expect(system.exchange.lists('m1').allowed).toEqual([])
  })
})

describe('a full sync that failed', () => {
  const outOfOrder = new AppError('graphFailed', 'out of order')
  test('is tried again after the next quick sync, five times at the most', async () => {
    const system = await systemOf(2, 1)
    system.directory.failNext('users', outOfOrder)
    await system.sync('full')
    for (let minute = 0; minute < 6; minute++) {
      const { runId } = await ask(system, 'quick')
      while ((await system.run(runId ?? '')).state === 'running') await step(system)
      system.directory.failNext('users', outOfOrder)
      await system.drain()
    }
    const runs = (await system.store.runs(connectorId, 50)).filter(({ kind }) => kind === 'full')
    expect(runs.map(({ attempt }) => attempt).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5])
  })
  test('for a reason that only an administrator can mend is not', async () => {
    const system = await systemOf(2, 1)
    system.directory.failNext('memberIds', new AppError('groupNotFound', 'staff'))
    await system.sync('full')
    expect((await connector(system))?.pendingFull).toBeNull()
  })
  test('at every delivery of a message ends with the last reason, not with a poison message', async () => {
    const system = await systemOf(2, 1)
    for (let i = 0; i < 5; i++)
      system.directory.failNext('users', new AppError('graphFailed', `try ${i + 1}`, { retryable: true }))
    const run = await system.sync('full')
    expect(run.failure).toEqual({ code: 'graphFailed', message: 'try 5', step: 'gatherUsers' })
  })
})

describe('poison', () => {
  test('marks the run failed with its reason, frees the lease, and the next run starts clean', async () => {
    const system = await systemOf(2, 1)
    const { runId } = await ask(system, 'full')
    for (let i = 0; i < 7; i++) await step(system)
    expect((await connector(system))?.lease?.runId).toBe(runId)
    const taken = system.queue.take()
    if (!taken) throw new Error('no message')
    await failRun(system.ports, taken.message, { code: 'poison', message: 'five deliveries' })
    expect((await system.run(runId ?? '')).failure).toEqual({
      code: 'poison',
      message: 'five deliveries',
      step: 'decide',
    })
    expect(await connector(system)).toMatchObject({ lease: null, running: { full: null } })
    expect((await system.sync('full')).state).toBe('done')
  })
  test('in the middle of apply nobody takes the lease before the last batch has expired', async () => {
    const system = await systemOf(2, 1)
    const { runId } = await ask(system, 'full')
    for (let i = 0; i < 10; i++) await step(system)
    const taken = system.queue.take()
    if (!taken) throw new Error('no message')
    await failRun(system.ports, taken.message, { code: 'poison', message: 'five deliveries' })
    expect(await connector(system)).toMatchObject({
      lease: { runId, until: new Date(system.clock.now().getTime() + 300_000).toISOString() },
    })
  })
})
