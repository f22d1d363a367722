import { describe, expect, test } from 'vitest'
import type { Run } from '../../functions/core/run.ts'
import { newConnector } from '../../functions/core/run.ts'
import { defaultPolicy } from '../../functions/core/settings.ts'
import type { PlannedChange } from '../../functions/core/plan.ts'
import { AppError } from '../../functions/errors.ts'
import { newRun } from '../fakes/newRun.ts'
import { api, graphError, personId } from './apiFixture.ts'

const root = '/easgate/connectors/contoso/runs'

function run(id: string, patch: Partial<Run> = {}): Run {
  return newRun({
    connectorId: 'contoso',
    id,
    startedAt: `2026-11-2${id.at(-1)}T02:00:00.000Z`,
    updatedAt: '2026-11-21T02:05:00.000Z',
    gatheredAt: '2026-11-21T02:00:01.000Z',
    endedAt: '2026-11-21T02:05:00.000Z',
    state: 'done',
    step: 'finish',
    cursor: 'secret of the run',
    position: 12,
    attempts: { records: ['x.1'] },
    groupSizes: { g1: 7 },
    counts: { 'found.records': 3 },
    ...patch,
  })
}

/** What people see of it. */
function view({
  version: _0,
  connectorId: _1,
  cursor: _2,
  position: _3,
  claim: _4,
  updatedAt: _5,
  policy: _6,
  configuration: _7,
  attempts: _8,
  directory: _9,
  bookmarks: _10,
  decidedBy: _11,
  touched: _12,
  ...rest
}: Run) {
  return {
    ...rest,
    delay: null,
    approvedGroups: null,
    heldUntil: rest.state === 'held' ? '2026-11-22T02:05:00.000Z' : null,
  }
}

const refusal = { limit: 'losingNumber', what: null, number: 9, of: 10, allowed: 1, message: 'too many' } as const
const held = run('r3', { state: 'held', step: 'limits', endedAt: null, refusal })

async function withHeldRun() {
  const app = api()
  await app.store.saveRun(held, null)
  await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), heldRun: 'r3' }, null)
  return app
}

test('lists the newest runs first, as many as asked for', async () => {
  const app = api()
  for (const one of [run('r1'), held, run('r2')]) await app.store.saveRun(one, null)
  expect((await app.call('GET', root)).body).toEqual({ value: [held, run('r2'), run('r1')].map(view) })
  expect((await app.call('GET', `${root}?$top=1`)).body).toEqual({ value: [view(held)] })
  expect((await app.call('GET', `${root}?$top=0`)).status).toBe(400)
})

test('one run shows the policy it goes by', async () => {
  const app = await withHeldRun()
  expect(await app.call('GET', `${root}/r3`)).toMatchObject({ status: 200 })
  expect((await app.call('GET', `${root}/r3`)).body).toEqual({ ...view(held), policy: defaultPolicy })
})

test('a run shows how long its changes took to their commands, as a distribution', async () => {
  const app = api()
  const counts = { 'outcome.done': 4, 'delay.le30': 1, 'delay.le60': 2, 'delay.le120': 1 }
  await app.store.saveRun(run('r1', { kind: 'quick', mode: 'changes', counts }), null)
  const buckets = [
    [10, 0],
    [30, 1],
    [60, 2],
    [120, 1],
    [300, 0],
    [null, 0],
  ].map(([upToSeconds, changes]) => ({ upToSeconds, changes }))
  expect((await app.call('GET', `${root}/r1`)).body).toMatchObject({
    delay: { changes: 4, buckets, p50Seconds: 60, p95Seconds: 120 },
  })
})

test.each([
  ['GET', 'r9'],
  ['GET', 'r9/changes'],
])('%s of a run that is not there is 404', async (method, path) => {
  const got = await api().call(method, `${root}/${path}`)
  expect(got).toMatchObject({ status: 404, body: graphError('itemNotFound', 'connector contoso has no run "r9"') })
})

test('changes come in the order of apply, page by page, with their outcomes', async () => {
  const app = await withHeldRun()
  const change: PlannedChange = { kind: 'lists', phase: 1, mailboxGuid: 'm', edits: [] }
  const keys = ['1|0001|m|lists', '1|0002|m|lists', '4|0001|m|lists']
  await app.store.putChanges(
    'contoso',
    'r3',
    keys.map((key) => ({ key, change })),
  )
  const outcome = { state: 'done', at: '2026-11-21T02:04:00.000Z', message: null } as const
  await app.store.saveOutcomes('contoso', 'r3', new Map([['1|0002|m|lists', outcome]]))
  const rows = keys.map((key, index) => ({ key, change, outcome: index === 1 ? outcome : null }))
  expect((await app.call('GET', `${root}/r3/changes`)).body).toEqual({ value: rows })
  expect((await app.call('GET', `${root}/r3/changes?$top=3`)).body).toEqual({ value: rows })

  const first = await app.call('GET', `${root}/r3/changes?$top=2`)
  const { '@odata.nextLink': next, value }: { '@odata.nextLink': string; value: unknown } = JSON.parse(
    JSON.stringify(first.body),
  )
  expect(value).toEqual(rows.slice(0, 2))
  expect(next).toMatch(
    /^https:\/\/easgate\.example\/easgate\/connectors\/contoso\/runs\/r3\/changes\?\$top=2&\$skiptoken=[\w-]+$/,
  )
  expect((await app.call('GET', next)).body).toEqual({ value: rows.slice(2) })
})

describe('a held run', () => {
  test('is approved in the caller’s name and goes on', async () => {
    const app = await withHeldRun()
    expect(await app.call('POST', `${root}/r3/approve`, { roles: ['Operator'] })).toMatchObject({
      status: 204,
      body: null,
    })
    expect((await app.store.run('contoso', 'r3'))?.value).toMatchObject({ state: 'running', approvedBy: personId })
    expect(app.queue.waiting.map(({ message }) => message.runId)).toEqual(['r3'])
    expect(await app.store.audit('contoso', 1, 9)).toMatchObject([
      { actor: personId, action: 'planApproved', runId: 'r3' },
    ])
  })

  test.each<[string, object, number, string]>([
    ['no groups', { groups: [] }, 400, 'groups: Too small'],
    ['another property', { group: ['staff'] }, 400, 'unknown: group; known are groups'],
    ['a group that is not there', { groups: ['nobody'] }, 400, 'Group nobody does not exist.'],
  ])('approved for a part with %s stays held', async (_title, body, status, message) => {
    const app = await withHeldRun()
    const noGroup = () => Promise.reject(new AppError('groupNotFound', 'Group nobody does not exist.'))
    const directory = { ...app.ports.directory, memberIds: noGroup }
    const strict = api(['contoso'], { ports: async () => ({ ...app.ports, directory }) })
    const got = await strict.call('POST', `${root}/r3/approve`, { body, roles: ['Operator'] })
    expect([got.status, JSON.stringify(got.body)]).toEqual([status, expect.stringContaining(message)])
    expect((await app.store.run('contoso', 'r3'))?.value.state).toBe('held')
  })

  test('is approved for the groups of the body', async () => {
    const app = await withHeldRun()
    const directory = { ...app.ports.directory, memberIds: async () => ({ items: ['u1'], next: null }) }
    const withGroups = api(['contoso'], { ports: async () => ({ ...app.ports, directory }) })
    expect((await withGroups.call('POST', `${root}/r3/approve`, { body: { groups: ['g1'] } })).status).toBe(204)
    const run = (await app.store.run('contoso', 'r3'))?.value
    expect(run).toMatchObject({ state: 'running', step: 'keepApproved', approvedGroups: ['g1'] })
  })

  test('is rejected in the caller’s name and ends', async () => {
    const app = await withHeldRun()
    expect(await app.call('POST', `${root}/r3/reject`, { roles: ['Operator'] })).toMatchObject({
      status: 204,
      body: null,
    })
    expect((await app.store.run('contoso', 'r3'))?.value).toMatchObject({ state: 'rejected' })
    expect(app.queue.waiting).toEqual([])
    expect(await app.store.audit('contoso', 1, 9)).toMatchObject([
      { actor: personId, action: 'planRejected', runId: 'r3' },
    ])
  })

  test.each(['approve', 'reject'])('cannot be decided twice: %s is 409', async (verb) => {
    const app = await withHeldRun()
    await app.call('POST', `${root}/r3/reject`)
    const message = 'run r3 is rejected, not held; only a held plan can be approved or rejected'
    expect(await app.call('POST', `${root}/r3/${verb}`)).toMatchObject({
      status: 409,
      body: graphError('conflict', message),
    })
  })

  test.each(['approve', 'reject'])('%s of an unknown run is 404', async (verb) => {
    const got = await api().call('POST', `${root}/r9/${verb}`)
    expect(got).toMatchObject({ status: 404, body: graphError('itemNotFound', 'connector contoso has no run r9') })
  })
})
