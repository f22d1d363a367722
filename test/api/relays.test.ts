import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RelayApproval } from '../../functions/ports.ts'
import { fingerprintOf, newKeyPair } from '../../protocol/signing.ts'
import { api, graphError, now, personId } from './apiFixture.ts'

const root = '/easgate/connectors/contoso/relays'
const { publicKey } = newKeyPair()
const fingerprint = fingerprintOf(publicKey)
const known: RelayApproval = {
  fingerprint,
  publicKey,
  state: 'pending',
  host: 'RELAY01',
  firstSeen: now,
  lastSeen: now,
}

async function withRelay(state: RelayApproval['state'] = 'pending') {
  const app = api()
  await app.store.saveRelay('contoso', { ...known, state })
  return app
}

test('lists what is known of each relay', async () => {
  const app = await withRelay()
  const got = await app.call('GET', root, { roles: ['Reader'] })
  expect(got.status).toBe(200)
  expect(got.body).toEqual({ value: [known] })
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
    expect(got.body).toEqual({ ...known, state: after })
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
      ...known,
      state: 'approved',
    })
  })

  test('is one connector’s only', async () => {
    const app = api(['contoso', 'fabrikam'])
    await app.store.saveRelay('fabrikam', known)
    expect((await app.call('POST', `${root}/${fingerprint}/approve`)).status).toBe(404)
    expect(await app.store.relays('fabrikam')).toEqual([known])
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
    expect(got.body).toEqual({
      fingerprint,
      publicKey,
      state: 'approved',
      host: null,
      firstSeen: unseen,
      lastSeen: unseen,
    })
    expect(await app.store.relays('contoso')).toEqual([got.body])
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
