import { expect, test } from 'vitest'
import { wire, type Joining } from '../../functions/wiring.ts'
import { joinFile } from '../../protocol/joinFile.ts'
import { fingerprintOf, newKeyPair } from '../../protocol/signing.ts'
import { api, graphError, joining, now, personId } from './apiFixture.ts'

const path = '/easgate/connectors/contoso/joinFile'

test('gives a file that a relay takes, and that nobody on the way keeps', async () => {
  const got = await api().call('POST', path)
  expect(got.status).toBe(200)
  expect(got.body).toEqual({ easgateJoin: 1, connectorId: 'contoso', ...joining, issuedAt: now })
  expect(joinFile.safeParse(got.body).success).toBe(true)
  expect(got.headers).toMatchObject({
    'cache-control': 'no-store',
    'content-disposition': 'attachment; filename="easgate.join.json"',
  })
})

test('leaves the Listen key out where the settings have none', async () => {
  const { key: _, ...rendezvous } = joining.rendezvous
  const withoutKey: Joining = { ...joining, rendezvous }
  const got = await api(['contoso'], { joining: () => withoutKey }).call('POST', path)
  expect(got.body).toEqual({ easgateJoin: 1, connectorId: 'contoso', ...withoutKey, issuedAt: now })
  expect(joinFile.safeParse(got.body).success).toBe(true)
})

test('is audited without the key', async () => {
  const app = api()
  await app.call('POST', path)
  const after = { cloudKeys: joining.cloudKeys.map(fingerprintOf), hasListenKey: true }
  const row = { actor: personId, action: 'joinFileIssued', subject: 'contoso', before: null, after }
  const audit = await app.store.audit('contoso', 1, 9)
  expect(audit).toMatchObject([
    { ...row, outcome: 'asked' },
    { ...row, outcome: 'done' },
  ])
  expect(JSON.stringify(audit)).not.toContain(joining.rendezvous.key)
})

test('is for a connector that is configured', async () => {
  const got = await api().call('POST', '/easgate/connectors/nobody/joinFile')
  expect(got).toMatchObject({ status: 404, body: graphError('itemNotFound', 'there is no connector "nobody"') })
})

const keys = newKeyPair()
const address = 'wss://easgate.servicebus.windows.net/$hc/contoso'
const wired = (rendezvous: object) =>
  wire({
    EASGATE_CONNECTORS: JSON.stringify([{ id: 'contoso', rendezvous: { address, ...rendezvous } }]),
    EASGATE_SIGNING_KEY: keys.privateKey,
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  })

test.each([
  ['rule and key', { listen: { keyName: 'relays', key: 'k' } }, { keyName: 'relays', key: 'k' }],
  ['the rule alone', { listen: { keyName: 'relays' } }, { keyName: 'relays' }],
  ['nothing: the rule of our own infrastructure', {}, { keyName: 'listen' }],
  ['never the rule that the app sends with', { keyName: 'send', key: 'secret' }, { keyName: 'listen' }],
])('the settings give %s', (_what, rendezvous, expected) => {
  const wiring = wired(rendezvous)
  expect(wiring.joining('contoso')).toEqual({ rendezvous: { address, ...expected }, cloudKeys: [keys.publicKey] })
  expect(wiring.joining('nobody')).toBeNull()
})
