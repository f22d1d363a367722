import azf from '@azure/functions'
import { describe, expect, test } from 'vitest'
import { onHealth } from '../../functions/api/onHealth.ts'
import { newConnector, type ConnectorState } from '../../functions/core/run.ts'
import { defaultPolicy, withDefaults } from '../../functions/core/settings.ts'
import { AppError } from '../../functions/errors.ts'
import type { Ports } from '../../functions/ports.ts'
import type { Wiring } from '../../functions/wiring.ts'
import { directoryFake } from '../fakes/directoryFake.ts'
import { handlers, unconfigured } from '../handlers/handlerFixture.ts'
import { api, principal } from './apiFixture.ts'

const seenAt = '2026-11-21T07:59:30.000Z'
const relay = { host: 'RELAY01', version: '1', server: 'ex1', serverSince: null, serverReason: null, organization: 'C' }
const well: Partial<ConnectorState> = { relay: { ...relay, seenAt }, lastQuickSync: seenAt }

/** Two connectors, all well; `changes` of the row of the first. */
async function app(changes: Partial<ConnectorState> = {}, hosting: Partial<Wiring['hosting']> = {}) {
  const { wiring, store, queue, clock, log, ports } = handlers(['contoso', 'fabrikam'])
  const directory = directoryFake({})
  let graphAsked = 0
  const check = async () => {
    graphAsked += 1
    await directory.check()
  }
  const all: Ports = { ...ports, directory: { ...directory, check } }
  await store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), ...well, ...changes }, null)
  await store.saveDocument('fabrikam', 'connector', { ...newConnector('fabrikam'), ...well }, null)
  const own: Wiring = { ...wiring, hosting: { ...wiring.hosting, ...hosting }, ports: async () => all }
  return { wiring: own, store, queue, clock, log, directory, asked: () => graphAsked }
}

async function ask(wiring: Wiring, headers: Record<string, string> = {}) {
  const request = new azf.HttpRequest({ method: 'GET', url: 'http://localhost:7071/health', headers })
  const context = new azf.InvocationContext({ functionName: 'health' })
  const { status, jsonBody, headers: given } = await onHealth(request, context, wiring)
  expect(given).toEqual({ 'cache-control': 'no-store' })
  return { status, body: jsonBody as { status: string; parts?: readonly { name: string; state: string }[] } }
}
const local = { isAzure: false, hasBuiltInAuth: false, isLoopbackAdmin: true }
const broken = () => Promise.reject(new AppError('storeFailed', 'no answer', { retryable: true }))

describe('/health without sign-in', () => {
  test('all well: 200 ok, and nothing else', async () => {
    const { wiring } = await app()
    expect(await ask(wiring)).toEqual({ status: 200, body: { status: 'ok' } })
  })

  test('settings that are wrong: 503 notConfigured, and nobody learns which', async () => {
    const { wiring } = await app()
    expect(await ask(unconfigured(wiring))).toEqual({ status: 503, body: { status: 'notConfigured' } })
  })

  test('in Azure not even to somebody who says he is an administrator: the platform does not check that on this path', async () => {
    const { wiring } = await app()
    expect(await ask(wiring, { 'x-ms-client-principal': principal(['Admin']) })).toEqual({
      status: 200,
      body: { status: 'ok' },
    })
  })

  test('503 when the tables do not answer, and when the queue does not: the app cannot work', async () => {
    const tables = await app()
    tables.store.document = broken
    expect(await ask(tables.wiring)).toEqual({ status: 503, body: { status: 'failed' } })
    const queue = await app()
    queue.queue.messages = broken
    expect(await ask(queue.wiring)).toEqual({ status: 503, body: { status: 'failed' } })
  })

  test('200 degraded when Graph refuses: people are answered, and a new process would be refused, too', async () => {
    const { wiring, directory } = await app()
    directory.failNext('check', new AppError('graphDenied', 'Grant User.Read.All.'))
    expect(await ask(wiring)).toEqual({ status: 200, body: { status: 'degraded' } })
  })

  test('wiring that throws is 503, with the reason in the log alone', async () => {
    const { wiring, log } = await app()
    const problem = new AppError('badConfiguration', 'the storage connection cannot be used')
    expect(await ask({ ...wiring, ports: () => Promise.reject(problem) })).toEqual({
      status: 503,
      body: { status: 'failed' },
    })
    expect(log.of('healthFailed')).toHaveLength(1)
  })
})

describe('the parts', () => {
  test('each with its state, its age and no message when all is well', async () => {
    const { wiring } = await app({}, local)
    const asked = { state: 'ok', ageSeconds: 0, message: null }
    const seen = { state: 'ok', ageSeconds: 30, message: null }
    expect((await ask(wiring)).body).toEqual({
      status: 'ok',
      parts: [
        { name: 'tables', ...asked },
        { name: 'queue', ...asked },
        { name: 'graph', ...asked },
        { name: 'relay', connectorId: 'contoso', ...seen },
        { name: 'relay', connectorId: 'fabrikam', ...seen },
      ],
    })
  })

  const late = '2026-11-21T07:29:59.000Z'
  test.each<[string, Partial<ConnectorState>, string, RegExp | null]>([
    ['no relay ever answered', { relay: null, lastQuickSync: null }, 'degraded', /no relay has answered yet/],
    ['none is connected', { noRelaySince: seenAt }, 'degraded', /no relay is connected since 2026-11-21T07:59:30/],
    [
      'the last sync is older than 30 minutes',
      { lastQuickSync: late },
      'degraded',
      /no sync was done since .*07:29:59/,
    ],
    ['a full one counts as well', { lastQuickSync: late, lastFullSync: seenAt }, 'ok', null],
    ['no sync was done', { lastQuickSync: null }, 'degraded', /no sync was done yet/],
    ['a person must act', { problem: { code: 'x', message: 'do this', since: late } }, 'degraded', /^do this$/],
    ['retired: nothing is expected of it', { retired: { by: null, at: late }, noRelaySince: late }, 'ok', null],
  ])('a relay: %s', async (_title, changes, state, message) => {
    const { wiring } = await app(changes, local)
    const { status, body } = await ask(wiring)
    expect([status, body.status]).toEqual([200, state])
    const text = message === null ? null : expect.stringMatching(message)
    expect(body.parts?.[3]).toMatchObject({ name: 'relay', connectorId: 'contoso', state, message: text })
  })

  test.each([
    [60, '2026-11-21T06:00:01.000Z', 'ok'],
    [60, '2026-11-21T06:00:00.000Z', 'degraded'],
    [null, '2026-11-20T06:00:01.000Z', 'ok'],
    [null, '2026-11-20T06:00:00.000Z', 'degraded'],
  ])('a relay of a connector with a quick sync every %j minutes, the last one at %s', async (minutes, last, state) => {
    const { wiring, store } = await app({ lastQuickSync: last }, local)
    const policy = withDefaults(defaultPolicy)
    const schedule = { quickMinutes: minutes, fullSyncAt: null }
    await store.saveDocument('contoso', 'policy', { ...policy, settings: { ...policy.settings, schedule } }, null)
    expect((await ask(wiring)).body.parts?.[3]).toMatchObject({ connectorId: 'contoso', state })
  })

  test('what failed says why; without tables nothing is said of relays', async () => {
    const { wiring, store } = await app({}, local)
    store.document = broken
    const { status, body } = await ask(wiring)
    expect(status).toBe(503)
    expect(body.parts).toEqual([
      { name: 'tables', state: 'failed', ageSeconds: 0, message: 'no answer' },
      expect.objectContaining({ name: 'queue', state: 'ok' }),
      expect.objectContaining({ name: 'graph', state: 'ok' }),
    ])
  })
})

describe('asking often costs little', () => {
  test('at once, and again within the time, is one question; Graph is asked every minute, the tables every 5 s', async () => {
    const { wiring, clock, store, asked } = await app({}, local)
    await Promise.all([ask(wiring), ask(wiring), ask(wiring)])
    const reads = store.requests()
    clock.advance(4_000)
    expect((await ask(wiring)).body.parts?.[0]).toMatchObject({ name: 'tables', ageSeconds: 4 })
    expect([asked(), store.requests()]).toEqual([1, reads])
    clock.advance(1_000)
    await ask(wiring)
    expect(asked()).toBe(1)
    expect(store.requests()).toBeGreaterThan(reads)
    clock.advance(55_000)
    await ask(wiring)
    expect(asked()).toBe(2)
  })

  test('a failure is not kept for longer than an answer', async () => {
    const { wiring, clock, queue } = await app()
    const working = queue.messages.bind(queue)
    queue.messages = broken
    expect((await ask(wiring)).status).toBe(503)
    queue.messages = working
    clock.advance(5_000)
    expect((await ask(wiring)).status).toBe(200)
  })
})

describe('GET easgate/health', () => {
  test('gives a Reader the parts, with the configuration', async () => {
    const { call } = api()
    const { status, body } = await call('GET', '/easgate/health', { roles: ['Reader'] })
    // Nobody asks Graph in this fixture, and no relay was there
    expect([status, body]).toEqual([
      200,
      {
        status: 'degraded',
        parts: [
          { name: 'configuration', state: 'ok', ageSeconds: 0, message: null },
          { name: 'tables', state: 'ok', ageSeconds: 0, message: null },
          { name: 'queue', state: 'ok', ageSeconds: 0, message: null },
          { name: 'graph', state: 'failed', ageSeconds: 0, message: 'it failed in a way that was not foreseen' },
          expect.objectContaining({ name: 'relay', connectorId: 'contoso', state: 'degraded', ageSeconds: null }),
        ],
      },
    ])
  })

  test('is for Readers: nobody else learns of the parts', async () => {
    const { call } = api()
    expect((await call('GET', '/easgate/health', { roles: null })).status).toBe(401)
    expect((await call('GET', '/easgate/health', { roles: ['Guest'] })).status).toBe(403)
  })
})
