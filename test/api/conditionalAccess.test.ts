import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../functions/core/settings.ts'
import { AppError } from '../../functions/errors.ts'
import { api, graphError, now, personId } from './apiFixture.ts'

const only = '/v1.0/deviceManagement/conditionalAccessSettings'
const below = (id: string) => `/v1.0/deviceManagement/exchangeOnPremisesPolicies/${id}/conditionalAccessSettings`
const context = 'https://easgate.example/v1.0/$metadata#deviceManagement/conditionalAccessSettings/$entity'
const untouched = {
  '@odata.context': context,
  id: 'contoso',
  enabled: false,
  includedGroups: [],
  excludedGroups: [],
  overrideDefaultRule: true,
}

const stored = async (app: ReturnType<typeof api>, id = 'contoso') =>
  (await app.store.document(id, 'policy'))?.value ?? null

test('a policy that nobody has set is off, for nobody', async () => {
  expect(await api().call('GET', only)).toMatchObject({ status: 200, body: untouched })
  expect((await api().call('GET', below('contoso'))).body).toEqual(untouched)
})

test('PATCH changes only what is sent, and answers with the whole', async () => {
  const app = api()
  const first = await app.call('PATCH', only, { body: { enabled: true, includedGroups: ['g1', 'g2', 'g1'] } })
  expect(first).toMatchObject({ status: 200, body: { ...untouched, enabled: true, includedGroups: ['g1', 'g2'] } })
  const second = await app.call('PATCH', below('contoso'), {
    body: { excludedGroups: ['g9'], overrideDefaultRule: false },
  })
  const all = { enabled: true, includedGroups: ['g1', 'g2'], excludedGroups: ['g9'], overrideDefaultRule: false }
  expect(second.body).toEqual({ ...untouched, ...all })
  expect(await stored(app)).toEqual({ ...defaultPolicy, ...all })
})

test('the object as it was read can be sent back', async () => {
  const app = api()
  const { body } = await app.call('GET', only)
  expect((await app.call('PATCH', only, { body })).body).toEqual(body)
})

test('a change starts nothing by itself', async () => {
  const app = api()
  await app.call('PATCH', only, { body: { enabled: true } })
  expect(app.queue.waiting).toEqual([])
})

describe('the audit', () => {
  const entry = { at: now, actor: personId, action: 'policyChanged', runId: null, subject: 'contoso' }

  test('has what changed, before and after, before it is done and when it is done', async () => {
    const app = api()
    await app.call('PATCH', only, { body: { enabled: true, includedGroups: ['g1'], excludedGroups: [] } })
    const change = { before: { enabled: false, includedGroups: [] }, after: { enabled: true, includedGroups: ['g1'] } }
    expect(await app.store.audit('contoso', 1, 9)).toMatchObject([
      { ...entry, ...change, outcome: 'asked', seq: 1 },
      { ...entry, ...change, outcome: 'done', seq: 2 },
    ])
  })

  test('has nothing where nothing changes, and nothing is written', async () => {
    const app = api()
    await app.call('PATCH', only, { body: { enabled: false } })
    expect(await app.store.audit('contoso', 1, 9)).toEqual([])
    expect(await stored(app)).toBeNull()
  })

  test('that cannot be written prevents the change', async () => {
    const app = api()
    app.store.appendAudit = () => Promise.reject(new AppError('storeFailed', 'no answer', { retryable: true }))
    expect((await app.call('PATCH', only, { body: { enabled: true } })).status).toBe(503)
    expect(await stored(app)).toBeNull()
  })

  test('says when saving failed', async () => {
    const app = api()
    app.store.saveDocument = () => Promise.reject(new AppError('storeFailed', 'no answer', { retryable: true }))
    expect((await app.call('PATCH', only, { body: { enabled: true } })).status).toBe(503)
    const outcomes = (await app.store.audit('contoso', 1, 9)).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['asked', 'failed: storeFailed'])
  })
})

/** Somebody else saves `times` times, each just before we do. */
function rival(app: ReturnType<typeof api>, times: number) {
  const save = app.store.saveDocument.bind(app.store)
  let left = times
  app.store.saveDocument = async (id, name, value, etag) => {
    left -= 1
    if (left < 0) return save(id, name, value, etag)
    const before = await app.store.document(id, 'policy')
    await save(
      id,
      'policy',
      { ...(before?.value ?? defaultPolicy), excludedGroups: [`rival ${left}`] },
      before?.etag ?? null,
    )
    return save(id, name, value, etag)
  }
}

describe('two administrators at once', () => {
  test('both changes stand', async () => {
    const app = api()
    rival(app, 2)
    const got = await app.call('PATCH', only, { body: { includedGroups: ['g1'] } })
    expect(got.body).toEqual({ ...untouched, includedGroups: ['g1'], excludedGroups: ['rival 0'] })
    expect(await stored(app)).toMatchObject({ includedGroups: ['g1'], excludedGroups: ['rival 0'] })
  })

  test('after five lost races the caller gets 409', async () => {
    const app = api()
    rival(app, 5)
    const got = await app.call('PATCH', only, { body: { includedGroups: ['g1'] } })
    expect(got).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } })
    expect(await stored(app)).toMatchObject({ includedGroups: [] })
  })
})

describe('several connectors', () => {
  const ids = ['contoso', 'fabrikam']
  const which = 'this app serves 2 connectors; say which one with ?connector=ID: contoso, fabrikam'

  test.each(['GET', 'PATCH'])('%s of the one resource needs ?connector=', async (method) => {
    const got = await api(ids).call(method, only, { body: {} })
    expect(got).toMatchObject({ status: 400, body: graphError('badRequest', which) })
    expect((await api(ids).call(method, `${only}?connector=fabrikam`, { body: {} })).body).toEqual({
      ...untouched,
      id: 'fabrikam',
    })
    expect((await api(ids).call(method, `${only}?connector=nobody`, { body: {} })).status).toBe(404)
  })

  test('have a policy each', async () => {
    const two = api(ids)
    await two.call('PATCH', below('fabrikam'), { body: { enabled: true } })
    expect(await stored(two, 'contoso')).toBeNull()
    expect(await stored(two, 'fabrikam')).toMatchObject({ enabled: true })
  })
})

describe('400, and nothing is written', () => {
  const known = 'known are id, enabled, includedGroups, excludedGroups, overrideDefaultRule'
  const cases: [string, unknown, string][] = [
    ['unknown property', { enable: true }, `unknown: enable; ${known}`],
    ['a prototype', '{"__proto__":{"enabled":true}}', `unknown: __proto__; ${known}`],
    ['text for true', { enabled: 'true' }, 'enabled: Invalid input: expected boolean, received string'],
    ['null for a list', { includedGroups: null }, 'includedGroups: Invalid input: expected array, received null'],
    ['a blank group', { includedGroups: [' '] }, 'includedGroups.0: Too small: expected string to have >=1 characters'],
    [
      'a long group',
      { excludedGroups: ['g', 'x'.repeat(129)] },
      'excludedGroups.1: Too big: expected string to have <=128 characters',
    ],
    [
      'two things at once',
      { enabled: 1, overrideDefaultRule: null },
      'enabled: Invalid input: expected boolean, received number; overrideDefaultRule: Invalid input: expected boolean, received null',
    ],
  ]
  test.each(cases)('%s', async (_title, body, message) => {
    const app = api()
    const got = await app.call('PATCH', only, { body })
    expect(got).toMatchObject({ status: 400, body: graphError('badRequest', message) })
    expect(await stored(app)).toBeNull()
  })
})

describe('groups are asked for before they are saved', () => {
  const cases: [string, object, string][] = [
    [
      'one that does not exist',
      { includedGroups: ['g1', 'gone-1'] },
      'includedGroups: there is no group gone-1; check its object id in Entra, or leave it out',
    ],
    [
      'one of nobody',
      { includedGroups: ['empty-1'] },
      'includedGroups: the group empty-1 has no users in it, directly or through groups; add them first, leave the group out, or send ?allowEmptyGroups=true if they are to join it later',
    ],
    [
      'an excluded one of nobody',
      { excludedGroups: ['empty-1'] },
      'excludedGroups: the group empty-1 has no users in it, directly or through groups; add them first, leave the group out, or send ?allowEmptyGroups=true if they are to join it later',
    ],
    [
      'an excluded one that does not exist',
      { excludedGroups: ['gone-1'] },
      'excludedGroups: there is no group gone-1; check its object id in Entra, or leave it out',
    ],
  ]
  test('one of nobody is saved by a person who says that it may be, and one that does not exist is not', async () => {
    const app = api()
    const patch = (body: object, flag = '?allowEmptyGroups=true') => app.call('PATCH', `${only}${flag}`, { body })
    expect(await patch({ excludedGroups: ['gone-1'] })).toMatchObject({ status: 400 })
    expect(await patch({ excludedGroups: ['empty-1'] }, '?allowEmptyGroups=yes')).toMatchObject({
      status: 400,
      body: graphError('badRequest', 'allowEmptyGroups must be true or false'),
    })
    expect(await stored(app)).toBeNull()
    expect(await patch({ excludedGroups: ['empty-1'] })).toMatchObject({ status: 200 })
    expect(await stored(app)).toMatchObject({ excludedGroups: ['empty-1'] })
  })

  test.each(cases)('%s: 400, and nothing is written', async (_title, body, message) => {
    const app = api()
    expect(await app.call('PATCH', only, { body })).toMatchObject({
      status: 400,
      body: graphError('badRequest', message),
    })
    expect(await stored(app)).toBeNull()
  })
  test('Graph does not answer: 503, and nothing is written', async () => {
    const app = api()
    expect((await app.call('PATCH', only, { body: { includedGroups: ['silent'] } })).status).toBe(503)
    expect(await stored(app)).toBeNull()
  })
  test('but not when they were named before: the policy can be switched off while a group is gone', async () => {
    const app = api()
    await app.store.saveDocument(
      'contoso',
      'policy',
      { ...defaultPolicy, enabled: true, includedGroups: ['gone-1'] },
      null,
    )
    const body = { enabled: false, includedGroups: ['gone-1'] }
    expect((await app.call('PATCH', only, { body })).status).toBe(200)
  })
})
