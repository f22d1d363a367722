import { describe, expect, test } from 'vitest'
import { defaultSettings } from '../../functions/core/settings.ts'
import { nothingOwned } from '../../functions/core/ownConfiguration.ts'
import type { ExchangeConfiguration } from '../../functions/core/types.ts'
import { api, graphError } from './apiFixture.ts'

const root = '/easgate/connectors/contoso'
const settings = `${root}/settings`
const guid = '0a1b2c3d-0000-4000-8000-00000000abcd'
const exchange: ExchangeConfiguration = {
  organization: 'Contoso',
  defaultLevel: 'allow',
  userMailInsert: null,
  adminMailRecipients: [],
  rules: [
    { guid, queryString: 'WP8', characteristic: 'DeviceType', level: 'block' },
    { guid: 'own', queryString: 'iPad', characteristic: 'DeviceType', level: 'allow' },
  ],
  servers: [],
  deviceClasses: [],
  mailboxPolicies: [
    { guid: 'd', name: 'Default', properties: {} },
    { guid: 'p', name: 'Phones', properties: {} },
  ],
}

/** After a full sync that read the configuration above. */
async function synced() {
  const app = api()
  await app.store.saveDocument('contoso', 'exchange', exchange, null)
  const own = {
    ...nothingOwned,
    rules: exchange.rules.slice(1),
    mailboxPolicies: [{ guid: 'p', name: 'Phones', set: {}, printed: {} }],
  }
  await app.store.saveDocument('contoso', 'own', own, null)
  return app
}

describe('settings of Exchange’s configuration', () => {
  test('are changed one by one, and read as they were written', async () => {
    const app = await synced()
    const mailboxPolicy = { name: 'Phones', properties: { PasswordEnabled: true, MinPasswordLength: 6 } }
    await app.call('PATCH', settings, { body: { exchange: { userMailInsert: ' Enrol ' } } })
    const adminMailRecipients = ['It@contoso.com', 'it@CONTOSO.com', 'b@contoso.com']
    await app.call('PATCH', settings, { body: { exchange: { adminMailRecipients }, mailboxPolicy, drift: 'leave' } })
    const expected = {
      ...defaultSettings,
      exchange: { userMailInsert: 'Enrol', adminMailRecipients: ['it@CONTOSO.com', 'b@contoso.com'] },
      mailboxPolicy: { ...mailboxPolicy, assign: 'none', others: 'respect' },
      drift: 'leave',
    }
    expect((await app.call('GET', settings)).body).toEqual(expected)
    await app.call('PATCH', settings, { body: { exchange: { userMailInsert: null } } })
    expect((await app.call('GET', settings)).body).toMatchObject({
      exchange: { userMailInsert: null, adminMailRecipients: ['it@CONTOSO.com', 'b@contoso.com'] },
    })
  })

  const policy = (name: string, properties: object) => ({ mailboxPolicy: { name, properties } })
  test.each([
    ['a longer insert', { exchange: { userMailInsert: 'x'.repeat(257) } }, /userMailInsert.*at most 256.*notification/],
    ['no address', { exchange: { adminMailRecipients: ['it'] } }, /adminMailRecipients\.0.*one mail address/],
    ['another word for drift', { drift: 'fight' }, /drift/],
    ['a property that no policy has', policy('A', { Camera: false }), /unknown: Camera; known are .*AllowCamera/],
    ['a property that would give it to everybody', policy('A', { IsDefault: true }), /unknown: IsDefault/],
    ['a value that the property cannot have', policy('A', { MinPasswordLength: 17 }), /MinPasswordLength/],
    ['a policy that sets nothing', policy('A', {}), /at least one property/],
    ['a name that is a filter', policy('A*', { AllowCamera: true }), /name.*without control characters/],
    [
      'the name of somebody else’s policy',
      policy('default', { AllowCamera: true }),
      /"Default".*did not make.*another name/,
    ],
  ])('%s is refused, and nothing is saved', async (_, body, says) => {
    const app = await synced()
    const got = await app.call('PATCH', settings, { body })
    expect(got).toMatchObject({ status: 400, body: graphError('badRequest', expect.stringMatching(says)) })
    expect(await app.store.document('contoso', 'policy')).toBeNull()
  })
})

describe('access rules', () => {
  test('are shown with their owner', async () => {
    const { body } = await (await synced()).call('GET', `${root}/rules`, { roles: ['Reader'] })
    expect(body).toMatchObject({
      value: [
        { guid, ownedBy: null },
        { guid: 'own', ownedBy: 'easgate' },
      ],
    })
  })

  test('are handed over once, by an administrator, on record', async () => {
    const app = await synced()
    const path = `${root}/rules/${guid.toUpperCase()}/handOver`
    expect((await app.call('POST', path, { roles: ['Operator'] })).status).toBe(403)
    expect((await app.call('POST', path)).status).toBe(204)
    expect((await app.store.document('contoso', 'policy'))?.value.handedOverRules).toEqual([guid])
    expect(await app.store.audit('contoso', 1, 9)).toMatchObject([
      {
        action: 'ruleHandedOver',
        outcome: 'asked',
        before: { handedOverRules: [] },
        after: { handedOverRules: [guid] },
      },
      { action: 'ruleHandedOver', outcome: 'done' },
    ])
    expect(await app.call('POST', path)).toMatchObject({
      status: 409,
      body: graphError('conflict', expect.stringMatching(/WP8.*easgate's already/)),
    })
    const { body } = await app.call('GET', `${root}/rules`)
    expect(body).toMatchObject({ value: [{ guid, ownedBy: 'handedOver' }, {}] })
  })

  test.each([
    ['easgate’s own', 'own', 409],
    ['one that Exchange does not have', 'other', 404],
  ])('%s cannot be handed over', async (_, rule, status) => {
    const app = await synced()
    expect((await app.call('POST', `${root}/rules/${rule}/handOver`)).status).toBe(status)
    expect(await app.store.document('contoso', 'policy')).toBeNull()
  })
})

test('drift is shown newest first; none is an empty list', async () => {
  const app = api()
  const path = `${root}/drift`
  expect((await app.call('GET', path, { roles: ['Reader'] })).body).toEqual({ value: [] })
  const entry = { expected: 'quarantine', found: 'allow', state: 'mended', runId: 'r' } as const
  const at = (firstSeen: string) => ({ ...entry, firstSeen, lastSeen: firstSeen, mendedAt: firstSeen })
  const entries = [
    { thing: 'defaultLevel', ...at('2026-11-20T08:00:00.000Z') },
    { thing: 'userMailInsert', ...at('2026-11-21T08:00:00.000Z') },
  ]
  await app.store.saveDocument('contoso', 'drift', { entries, mends: {} }, null)
  expect((await app.call('GET', path)).body).toEqual({ value: entries.toReversed() })
})
