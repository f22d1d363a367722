import { describe, expect, test } from 'vitest'
import type { Run } from '../../functions/core/run.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { fakeSystem } from '../sync/fakeSystem.ts'
import { staff, staffPolicy } from '../sync/staff.ts'
import { api, graphError } from './apiFixture.ts'

const root = '/easgate/connectors/contoso/whatIf'

/** `people` with a phone each, `enrolled` of them compliant; the last full sync went by this policy. */
async function synced(people: number, enrolled: number, settings: Partial<Settings> = {}, more: Partial<Policy> = {}) {
  const { exchange, graph } = staff(people, enrolled)
  const system = await fakeSystem(exchange, graph, staffPolicy(settings, more))
  await system.sync('full', { approve: true })
  // Reads again what the full one changed
  system.clock.advance(60_000)
  await system.sync('quick')
  const app = api(['contoso'], { ports: async () => system.ports })
  async function whatIf(body: object) {
    const asked = await app.call('POST', root, { body, roles: ['Operator'] })
    expect(asked.status).toBe(202)
    await system.drain()
    const got = await app.call('GET', asked.headers['location'] ?? '', { roles: ['Reader'] })
    expect(got.status).toBe(200)
    return got.body as Run & { progress: number }
  }
  return { system, app, whatIf }
}

test('switching the policy on: who loses, why, by group and model, with what the limits will say', async () => {
  const { whatIf } = await synced(30, 20, {}, { enabled: false })
  const got = await whatIf({ conditionalAccessSettings: { enabled: true, includedGroups: ['staff', 'Sales'] } })
  expect(got).toMatchObject({
    state: 'done',
    progress: 1,
    failure: null,
    groupSizes: { staff: 30, sales: 15 },
    refusal: { limit: 'losingShare', number: 10, of: 30 },
    report: {
      records: 30,
      nowAllowed: 30,
      gaining: 0,
      losing: 10,
      anyway: { gaining: 0, losing: 0 },
      changed: 30,
      byReason: { 'outOfScope → notEnrolled': { gaining: 0, losing: 10 } },
      byGroup: { staff: { gaining: 0, losing: 10 }, sales: { gaining: 0, losing: 5 } },
      byModel: { iPhone14: { gaining: 0, losing: 5 }, iPhone15: { gaining: 0, losing: 5 } },
      configuration: [],
    },
  })
  expect(got.report?.examples.losing).toHaveLength(10)
  expect(got.report?.examples.losing).toContainEqual({
    record: 'r30',
    mailbox: 'm30',
    user: 'u30',
    type: 'iPhone',
    model: 'iPhone14',
    before: { access: 'leave', reason: 'outOfScope' },
    after: { access: 'block', reason: 'notEnrolled' },
    isAnyway: false,
  })
})

test('what it says is what the next full sync with that policy does', async () => {
  const { system, whatIf } = await synced(12, 6)
  const edit = {
    conditionalAccessSettings: { excludedGroups: ['sales'] },
    exchangeOnPremisesPolicy: { defaultAccessLevel: 'quarantine' },
  }
  const { report } = await whatIf(edit)
  await system.setPolicy(staffPolicy({}, { excludedGroups: ['sales'], defaultAccessLevel: 'quarantine' }))
  const run = await system.sync('full', { dryRun: true })
  const { gaining = 0, losing = 0, 'now.allowed': nowAllowed } = run.counts
  expect(report).toMatchObject({ gaining, losing, nowAllowed })
  expect(report?.gaining).toBe(3)
  expect(report?.configuration).toMatchObject([{ kind: 'defaultLevel', before: 'allow', after: 'quarantine' }])
})

test('it changes nothing and sends nothing: no row, no decision, no policy, no conversation', async () => {
  const { system, whatIf } = await synced(5, 2)
  const look = async () => ({
    decisions: await system.decisions(),
    policy: await system.store.document('contoso', 'policy'),
    connector: await system.store.document('contoso', 'connector'),
    audit: (await system.store.audit('contoso', 1, 999)).length,
    conversations: system.exchange.conversations,
  })
  const before = await look()
  await whatIf({ conditionalAccessSettings: { includedGroups: ['sales'] }, settings: { stop: true } })
  expect(await look()).toEqual(before)
})

test('what the saved policy would do anyway is told apart from what the edit does', async () => {
  const { system, whatIf } = await synced(4, 2, { reportOnly: true })
  const { report } = await whatIf({ settings: { reportOnly: false } })
  expect(report).toMatchObject({ losing: 2, anyway: { losing: 2 }, changed: 0 })
  expect(report?.examples.losing.map(({ isAnyway }) => isAnyway)).toEqual([true, true])
  expect(system.exchange.journal).toEqual([])
})

test('a what-if that is long goes on from where it was, partition by partition', async () => {
  const { system, app, whatIf } = await synced(40, 20)
  const whole = await whatIf({ conditionalAccessSettings: { includedGroups: ['sales'] } })
  const slow = { ...system.ports, clock: { now: () => (system.clock.advance(60_000), new Date(system.clock.now())) } }
  const slowApp = api(['contoso'], { ports: async () => slow })
  const { body } = await slowApp.call('POST', root, {
    body: { conditionalAccessSettings: { includedGroups: ['sales'] } },
  })
  const { id } = body as { id: string }
  const { runStep } = await import('../../functions/sync/runStep.ts')
  let steps = 0
  for (let taken = system.queue.take(); taken; taken = system.queue.take()) {
    await runStep(slow, taken.message, { id: `slow${(steps += 1)}`, dequeueCount: 1 })
  }
  expect(steps).toBeGreaterThan(10)
  const got = (await app.call('GET', `${root}/${id}`)).body as Run
  expect([got.state, got.report]).toEqual(['done', whole.report])
})

describe('refused', () => {
  test.each<[string, object, number, string]>([
    ['an empty body', {}, 202, ''],
    [
      'an unknown part',
      { policy: {} },
      400,
      'unknown: policy; known are conditionalAccessSettings, exchangeOnPremisesPolicy, settings',
    ],
    ['what its own PATCH refuses', { settings: { limits: { maxLosing: -1 } } }, 400, 'settings.limits.maxLosing'],
    [
      'other plan ids',
      { settings: { intunePlanIds: ['x'] } },
      400,
      'settings.intunePlanIds: licences are read from Graph at a sync',
    ],
  ])('%s', async (_title, body, status, message) => {
    const { app } = await synced(1, 1)
    const got = await app.call('POST', root, { body })
    expect(got.status).toBe(status)
    expect(JSON.stringify(got.body)).toContain(message)
  })

  test('a group that does not exist, as its own PATCH refuses it', async () => {
    const { app } = await synced(2, 1)
    const body = { conditionalAccessSettings: { includedGroups: ['nobody'] } }
    const message = 'includedGroups: there is no group nobody; check its object id in Entra, or leave it out'
    expect(await app.call('POST', root, { body })).toMatchObject({
      status: 400,
      body: graphError('badRequest', message),
    })
  })

  test('a group that is gone meanwhile is said by the run, and it is not tried again', async () => {
    const { system, whatIf } = await synced(2, 1)
    system.directory.world = { ...system.directory.world, groups: [] }
    const got = await whatIf({ settings: { stop: true } })
    expect(got).toMatchObject({ state: 'failed', failure: { code: 'groupNotFound' } })
    expect((await system.store.document('contoso', 'connector'))?.value.pendingFull).toBeNull()
  })

  test('before anything was read', async () => {
    const app = api()
    const message =
      'nothing of connector contoso has been read yet; start a full sync (a dry run will do) and ask again'
    expect(await app.call('POST', root, { body: {} })).toMatchObject({
      status: 409,
      body: graphError('conflict', message),
    })
    expect(app.queue.waiting).toEqual([])
  })

  test('a run that is no what-if', async () => {
    const { system, app } = await synced(1, 1)
    const [run] = await system.store.runs('contoso', 1)
    expect((await app.call('GET', `${root}/${run?.id}`)).status).toBe(404)
  })
})
