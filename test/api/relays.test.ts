import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RelayApproval } from '../../functions/core/relay.ts'
import { fingerprintOf, newKeyPair } from '../../protocol/signing.ts'
import { api, graphError, now, personId } from './apiFixture.ts'

const root = '/easgate/connectors/contoso/relays'
const { publicKey } = newKeyPair()
const fingerprint = fingerprintOf(publicKey)
const about = {
  version: '1.2.3',
  server: 'ex2.contoso.com',
  serverSince: '2026-11-20T08:00:00.000Z',
  serverReason: 'ex1.contoso.com did not answer',
  sendsMail: true,
}
const unseen = {
  fingerprint,
  publicKey,
  state: 'pending' as const,
  host: 'RELAY01',
  firstSeen: now,
  lastSeen: now,
}
const known: RelayApproval = { ...unseen, about }
/** As the API shows it. */
const shown = { ...unseen, ...about }

async function withRelay(state: RelayApproval['state'] = 'pending') {
  const app = api()
  await app.store.saveRelay('contoso', { ...known, state }, null)
  return app
}

test('lists what is known of each relay, also which server it uses and why', async () => {
  const app = await withRelay()
  const got = await app.call('GET', root, { roles: ['Reader'] })
  expect(got.status).toBe(200)
  expect(got.body).toEqual({ value: [shown] })
})

describe('a relay that was here', () => {
  const cases = [
    ['pending', 'approve', 'approved', 'relayApproved'],
    ['rejected', 'approve', 'approved', 'relayApproved'],
    ['pending', 'reject', 'rejected', 'relayRejected'],
    ['approved', 'reject', 'rejected', 'relayRejected'],
  ] as const
  test.each(cases)('%s: %s makes it %s, audited', async (before, verb, after, action) => {
    const app = await withRelay(before)
    const got = await app.call('POST', `${root}/${fingerprint.toUpperCase()}/${verb}`)
    expect(got.status).toBe(200)
    expect(got.body).toEqual({ ...shown, state: after })
    expect(await app.store.relays('contoso')).toEqual([{ ...known, state: after }])
    const row = { actor: personId, action, subject: fingerprint, runId: null, before, after }
    expect(await app.store.audit('contoso', 1, 9)).toMatchObject([
      { ...row, outcome: 'asked' },
      { ...row, outcome: 'done' },
    ])
  })

  test('is approved with its own key in the body too', async () => {
    const app = await withRelay()
    expect((await app.call('POST', `${root}/${fingerprint}/approve`, { body: { publicKey } })).body).toEqual({
      ...shown,
      state: 'approved',
    })
  })

  test('is one connector’s only', async () => {
    const app = api(['contoso', 'fabrikam'])
    await app.store.saveRelay('fabrikam', known, null)
    expect((await app.call('POST', `${root}/${fingerprint}/approve`)).status).toBe(404)
    expect(await app.store.relays('fabrikam')).toEqual([known])
  })
})

describe('two at once', () => {
  /** Somebody else writes right before the first save. */
  async function meanwhile(act: (store: Awaited<ReturnType<typeof withRelay>>['store']) => Promise<unknown>) {
    const app = await withRelay()
    const save = app.store.saveRelay.bind(app.store)
    let saves = 0
    app.store.saveRelay = async (...given) => {
      saves += 1
      if (saves === 1) await act({ ...app.store, saveRelay: save })
      return save(...given)
    }
    return app
  }

  test('the second of two administrators is told that the first decided otherwise', async () => {
    const app = await meanwhile(async (store) => {
      const found = await store.relay('contoso', fingerprint)
      await store.saveRelay('contoso', { ...known, state: 'rejected' }, found?.etag ?? null)
    })
    const got = await app.call('POST', `${root}/${fingerprint}/approve`)
    const message = `relay ${fingerprint} is rejected now: somebody else decided meanwhile; look again`
    expect(got).toMatchObject({ status: 409, body: graphError('conflict', message) })
    expect((await app.store.relays('contoso')).map(({ state }) => state)).toEqual(['rejected'])
    expect((await app.store.audit('contoso', 1, 9)).map(({ outcome }) => outcome)).toEqual([
      'asked',
      'failed: conflict',
    ])
  })

  test('that the relay was seen meanwhile stops nobody, and is kept', async () => {
    const lastSeen = '2026-11-21T09:00:00.000Z'
    const app = await meanwhile((store) => store.sawRelay('contoso', { ...known, lastSeen }))
    expect((await app.call('POST', `${root}/${fingerprint}/approve`)).status).toBe(200)
    expect(await app.store.relays('contoso')).toEqual([{ ...known, lastSeen, state: 'approved' }])
  })
})

describe('a relay that was never here', () => {
  test('is approved by its public key, and does not count as seen', async () => {
    const app = api()
    // However the key is written, its canonical form is kept
    const body = { publicKey: publicKey.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_') }
    const got = await app.call('POST', `${root}/${fingerprint}/approve`, { body })
    const unseen = '0001-01-01T00:00:00Z'
    expect(got.status).toBe(200)
    const approved = { fingerprint, publicKey, state: 'approved', host: null, firstSeen: unseen, lastSeen: unseen }
    const nothing = { version: null, server: null, serverSince: null, serverReason: null, sendsMail: null }
    expect(got.body).toEqual({ ...approved, ...nothing })
    expect(await app.store.relays('contoso')).toEqual([{ ...approved, about: null }])
    const connector = await app.call('GET', '/v1.0/deviceManagement/exchangeConnectors/contoso')
    expect(connector.body).toMatchObject({ status: 'disconnected' })
  })

  test.each(['approve', 'reject'])('%s without a key is 404', async (verb) => {
    const got = await api().call('POST', `${root}/${fingerprint}/${verb}`)
    const message = `connector contoso knows no relay ${fingerprint}; start the relay, or send its publicKey`
    expect(got).toMatchObject({ status: 404, body: graphError('itemNotFound', message) })
  })
})

describe('400, and nothing is approved', () => {
  const other = newKeyPair().publicKey
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
    .publicKey.export({ type: 'spki', format: 'der' })
    .toString('base64')
  const noKey = 'publicKey is not an Ed25519 public key in base64 SPKI DER'
  const cases: [string, unknown, string][] = [
    [
      'another key',
      { publicKey: other },
      `publicKey has the fingerprint ${fingerprintOf(other)}, not the one in the path`,
    ],
    ['a private key', { publicKey: newKeyPair().privateKey }, noKey],
    ['no key', { publicKey: 'hello' }, noKey],
    ['another kind of key', { publicKey: rsa.slice(0, 256) }, noKey],
    ['an empty key', { publicKey: '' }, 'publicKey: Too small: expected string to have >=1 characters'],
    ['unknown property', { key: publicKey }, 'unknown: key; known are publicKey'],
    ['no JSON', 'publicKey', 'the body is not JSON'],
  ]
  test.each(cases)('%s', async (_title, body, message) => {
    for (const app of [api(), await withRelay()]) {
      const got = await app.call('POST', `${root}/${fingerprint}/approve`, { body })
      expect(got).toMatchObject({ status: 400, body: graphError('badRequest', message) })
      expect((await app.store.relays('contoso')).map(({ state }) => state)).not.toContain('approved')
      expect(await app.store.audit('contoso', 1, 9)).toEqual([])
    }
  })
})
