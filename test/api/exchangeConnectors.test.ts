import { describe, expect, test } from 'vitest'
import { newConnector } from '../../functions/core/run.ts'
import type { RelayApproval } from '../../functions/core/relay.ts'
import { api, graphError, now, personId } from './apiFixture.ts'

const root = '/v1.0/deviceManagement/exchangeConnectors'
const context = 'https://easgate.example/v1.0/$metadata#deviceManagement/exchangeConnectors'

/** A connector of which nothing is known yet. */
const unknown = {
  id: 'contoso',
  lastSyncDateTime: '0001-01-01T00:00:00Z',
  status: 'none',
  primarySmtpAddress: null,
  serverName: null,
  connectorServerName: null,
  exchangeConnectorType: 'onPremises',
  version: null,
  exchangeAlias: null,
  exchangeOrganization: null,
}

const ago = (seconds: number) => new Date(Date.parse(now) - seconds * 1000).toISOString()
const relay = (state: RelayApproval['state'], lastSeen: string): RelayApproval => ({
  fingerprint: `${state}-${lastSeen}`,
  publicKey: 'k',
  state,
  host: 'RELAY01',
  firstSeen: ago(9999),
  lastSeen,
  about: null,
})

test('lists every connector, as Graph does', async () => {
  const got = await api(['contoso', 'fabrikam']).call('GET', root)
  expect(got).toMatchObject({
    status: 200,
    body: { '@odata.context': context, value: [unknown, { ...unknown, id: 'fabrikam' }] },
  })
})

test('shows what the last conversation told of the relay, and the newer of the two syncs', async () => {
  const app = api()
  const seen = {
    host: 'RELAY01',
    version: '1.2.3',
    server: 'ex1.contoso.com',
    serverSince: ago(600),
    serverReason: 'as configured',
    organization: 'Contoso',
    seenAt: ago(30),
  }
  const state = { ...newConnector('contoso'), lastFullSync: ago(3600), lastQuickSync: ago(60), relay: seen }
  await app.store.saveDocument('contoso', 'connector', state, null)
  await app.store.saveRelay('contoso', relay('approved', ago(400)), null)
  const got = await app.call('GET', `${root}/contoso`)
  expect(got.body).toEqual({
    '@odata.context': `${context}/$entity`,
    ...unknown,
    lastSyncDateTime: ago(60),
    status: 'connected',
    serverName: 'ex1.contoso.com',
    connectorServerName: 'RELAY01',
    version: '1.2.3',
    exchangeOrganization: 'Contoso',
  })
})

const seenRelay = {
  host: 'h',
  version: '1',
  server: null,
  serverSince: null,
  serverReason: null,
  organization: null,
}

describe('status', () => {
  const cases: [string, RelayApproval[], string | null, string][] = [
    ['no relay', [], null, 'none'],
    ['only a rejected relay', [relay('rejected', ago(1))], null, 'none'],
    ['a relay waits for approval', [relay('pending', ago(1))], null, 'connectionPending'],
    ['one waits, one is rejected', [relay('pending', ago(1)), relay('rejected', ago(1))], null, 'connectionPending'],
    ['an approved relay seen 89 s ago', [relay('approved', ago(89))], null, 'connected'],
    ['an approved relay seen 90 s ago', [relay('approved', ago(90))], null, 'disconnected'],
    ['its last conversation is newer than its row', [relay('approved', ago(500))], ago(10), 'connected'],
    ['both are old', [relay('approved', ago(500))], ago(100), 'disconnected'],
    ['approved before first contact', [relay('approved', '0001-01-01T00:00:00Z')], null, 'disconnected'],
    ['one is away, one waits', [relay('approved', ago(500)), relay('pending', ago(1))], null, 'disconnected'],
    ['one is away, one is here', [relay('approved', ago(500)), relay('approved', ago(5))], null, 'connected'],
    ['all rejected after it worked', [relay('rejected', ago(1))], ago(1), 'disconnected'],
  ]
  test.each(cases)('%s', async (_title, relays, seenAt, expected) => {
    const app = api()
    for (const one of relays) await app.store.saveRelay('contoso', one, null)
    const seen = seenAt === null ? null : { ...seenRelay, seenAt }
    await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), relay: seen }, null)
    expect((await app.call('GET', `${root}/contoso`)).body).toMatchObject({ status: expected })
  })
})

describe('status when a conversation found no relay', () => {
  const cases: [string, number, number, string][] = [
    ['is disconnected at once', 20, 5, 'disconnected'],
    ['is connected again as soon as a relay was seen since', 5, 20, 'connected'],
  ]
  test.each(cases)('%s', async (_title, seen, gone, expected) => {
    const app = api()
    await app.store.saveRelay('contoso', relay('approved', ago(seen)), null)
    const state = { ...newConnector('contoso'), noRelaySince: ago(gone) }
    await app.store.saveDocument('contoso', 'connector', state, null)
    expect((await app.call('GET', `${root}/contoso`)).body).toMatchObject({ status: expected })
  })

  test('a retired connector is disconnected, whatever its relays do', async () => {
    const app = api()
    await app.store.saveRelay('contoso', relay('approved', ago(1)), null)
    const state = { ...newConnector('contoso'), retired: { by: 'fabrikam', at: ago(60) } }
    await app.store.saveDocument('contoso', 'connector', state, null)
    expect((await app.call('GET', `${root}/contoso`)).body).toMatchObject({ status: 'disconnected' })
  })
})

const runOf = async (app: ReturnType<typeof api>) =>
  (await app.store.runs('contoso', 9)).map(({ kind, dryRun, askedBy }) => ({ kind, dryRun, askedBy }))

describe('sync', () => {
  const sync = `${root}/contoso/sync`

  const cases = [
    ['fullSync', '', { kind: 'full', dryRun: false }],
    ['deltaSync', '', { kind: 'quick', dryRun: false }],
    ['deltaSync', '?dryRun=false', { kind: 'quick', dryRun: false }],
    ['fullSync', '?dryRun=true', { kind: 'full', dryRun: true }],
  ] as const
  test.each(cases)(
    '%s%s starts a run in the caller’s name: 204, its id in a header',
    async (syncType, query, expected) => {
      const app = api()
      const got = await app.call('POST', sync + query, { body: { syncType }, roles: ['Operator'] })
      expect(got).toMatchObject({ status: 204, body: null })
      const [run] = await app.store.runs('contoso', 1)
      expect(got.headers).toMatchObject({ 'easgate-run': 'started', 'easgate-run-id': run?.id })
      expect(await runOf(app)).toEqual([{ ...expected, askedBy: personId }])
      expect(app.queue.waiting.map(({ message }) => message)).toEqual([
        { connectorId: 'contoso', runId: run?.id, position: 0 },
      ])
    },
  )

  test('one that is on its way is attached to; a full one behind a quick one is remembered', async () => {
    const app = api()
    const first = await app.call('POST', sync, { body: { syncType: 'deltaSync' } })
    const again = await app.call('POST', sync, { body: { syncType: 'deltaSync' } })
    expect(again.headers).toMatchObject({
      'easgate-run': 'attached',
      'easgate-run-id': first.headers['easgate-run-id'],
    })
    const full = await app.call('POST', sync, { body: { syncType: 'fullSync' } })
    expect(full).toMatchObject({ status: 204, headers: { 'easgate-run': 'queued' } })
    expect(full.headers).not.toHaveProperty('easgate-run-id')
  })

  test('of a retired connector is 409 and names the successor; nothing starts', async () => {
    const app = api()
    const retired = { by: 'fabrikam', at: ago(60) }
    const state = { ...newConnector('contoso'), organization: 'Contoso', retired }
    await app.store.saveDocument('contoso', 'connector', state, null)
    const got = await app.call('POST', sync, { body: { syncType: 'fullSync' } })
    const message = `Connector contoso is retired: connector fabrikam serves the Exchange organization "Contoso" in its place since ${ago(60)}. Use connector fabrikam.`
    expect(got).toMatchObject({ status: 409, body: graphError('conflict', message) })
    expect(await runOf(app)).toEqual([])
    expect(app.queue.waiting).toEqual([])
  })

  test('Graph’s annotations in the body are no properties', async () => {
    const body = { '@odata.type': '#microsoft.graph.x', 'syncType@odata.type': '#x', syncType: 'fullSync' }
    expect((await api().call('POST', sync, { body })).status).toBe(204)
  })

  const enumMessage = 'syncType: Invalid option: expected one of "fullSync"|"deltaSync"'
  const wrong: [string, string, unknown, string][] = [
    ['no body', '', undefined, 'the body is empty; send a JSON object'],
    ['a blank body', '', '  ', 'the body is empty; send a JSON object'],
    ['no JSON', '', '{syncType:full}', 'the body is not JSON'],
    ['a list', '', [], 'Invalid input: expected object, received array'],
    ['null', '', 'null', 'Invalid input: expected object, received null'],
    ['no syncType', '', {}, enumMessage],
    ['another syncType', '', { syncType: 'quick' }, enumMessage],
    ['another case', '', { syncType: 'FullSync' }, enumMessage],
    ['Graph’s number', '', { syncType: 0 }, enumMessage],
    ['unknown property', '', { syncType: 'fullSync', dryRun: true }, 'unknown: dryRun; known are syncType'],
    ['dryRun misspelt', '?dryRun=yes', { syncType: 'fullSync' }, 'dryRun must be true or false'],
    ['dryRun without value', '?dryRun', { syncType: 'fullSync' }, 'dryRun must be true or false'],
    [
      'a huge body',
      '',
      JSON.stringify({ syncType: 'x'.repeat(600_000) }),
      'the body has 600015 characters, at most 524288 are read',
    ],
  ]
  test.each(wrong)('400 for %s, and nothing starts', async (_title, query, body, message) => {
    const app = api()
    const got = await app.call('POST', sync + query, { body })
    expect(got).toMatchObject({ status: 400, body: { error: { code: 'badRequest', message } } })
    expect(await runOf(app)).toEqual([])
  })
})
