import { describe, expect, test } from 'vitest'
import { fakeExchange } from '../fakes/exchangeFake.ts'
import { api, graphError, personId } from './apiFixture.ts'

const path = '/easgate/connectors/contoso/mail/test'
const to = 'ana@contoso.com'

/** The API with a relay behind it. */
function appWithRelay() {
  const exchange = fakeExchange({})
  const app = api()
  const ports = { ...app.ports, exchange }
  return { ...app, exchange, call: api(['contoso'], { ports: async () => ports }).call, store: ports.store }
}

describe('a test mail', () => {
  test('goes the way of every notice, and its outcome is answered', async () => {
    const app = appWithRelay()
    const got = await app.call('POST', path, { body: { to } })
    expect(got).toMatchObject({ status: 200, body: { state: 'sent', message: null } })
    expect(app.exchange.mails.delivered).toMatchObject([
      { to, subject: 'easgate: test mail: Mail on your iPhone', html: expect.stringContaining('Hello Ana Alves') },
    ])
    const audit = await app.store.audit('contoso', 1, 9)
    expect(audit.map(({ actor, action, outcome }) => [actor, action, outcome])).toEqual([
      [personId, 'mailTested', 'asked'],
      [personId, 'mailAsked', 'asked'],
      [personId, 'mailEnded', 'sent'],
      [personId, 'mailTested', 'done'],
    ])
    expect(JSON.stringify(audit)).not.toContain('ana')
  })
  test('each one is a mail of its own', async () => {
    const app = appWithRelay()
    await app.call('POST', path, { body: { to } })
    await app.call('POST', path, { body: { to } })
    expect(app.exchange.mails.delivered).toHaveLength(2)
  })
  test.each([
    { state: 'refused', message: 'ErrorInvalidRecipients' },
    { state: 'delayed', message: 'HTTP 401' },
    { state: 'unknown', message: 'no answer' },
  ] as const)('that did not arrive says so, and is not tried again: %j', async (end) => {
    const app = appWithRelay()
    app.exchange.mails.ends.push(end)
    expect(await app.call('POST', path, { body: { to } })).toMatchObject({ status: 200, body: end })
    expect(await app.store.dueMails('contoso', '2999-01-01T00:00:00.000Z', 9)).toEqual([])
  })
  test('without a notification account is 409 with what to do', async () => {
    const app = appWithRelay()
    app.exchange.faults.noMailAccount = true
    const got = await app.call('POST', path, { body: { to } })
    const message =
      'Relay fake-relay has no notification account: run easgate-relay configure on it and name the account that sends them.'
    expect(got).toMatchObject({ status: 409, body: graphError('conflict', message) })
    expect((await app.store.audit('contoso', 1, 9)).map(({ outcome }) => outcome)).toEqual([
      'asked',
      'failed: conflict',
    ])
  })
  test('without a relay is 503', async () => {
    const app = appWithRelay()
    app.exchange.faults.noRelay = true
    expect((await app.call('POST', path, { body: { to } })).status).toBe(503)
  })
  test('is an administrator’s', async () => {
    const app = appWithRelay()
    expect((await app.call('POST', path, { body: { to }, roles: ['Operator'] })).status).toBe(403)
    expect(app.exchange.conversations).toBe(0)
  })
  test.each([
    ['no address', {}],
    ['two addresses', { to: 'a@contoso.com, b@contoso.com' }],
    ['an address that ends a header', { to: 'a@contoso.com\r\nBcc: b@c.d' }],
    ['more than an address', { to, subject: 'Buy now' }],
    ['a number', { to: 1 }],
  ])('%s is 400, and nothing is sent', async (_what, body) => {
    const app = appWithRelay()
    expect((await app.call('POST', path, { body })).status).toBe(400)
    expect([app.exchange.conversations, await app.store.audit('contoso', 1, 9)]).toEqual([0, []])
  })
})
