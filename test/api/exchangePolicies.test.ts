import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../functions/core/settings.ts'
import type { ExchangeConfiguration } from '../../functions/core/types.ts'
import { api, graphError, personId } from './apiFixture.ts'

const root = '/beta/deviceManagement/exchangeOnPremisesPolicies'
const contoso = `${root}/contoso`
const context = 'https://easgate.example/beta/$metadata#deviceManagement/exchangeOnPremisesPolicies'
const unset = {
  id: 'contoso',
  notificationContent: null,
  defaultAccessLevel: 'none',
  accessRules: [],
  knownDeviceClasses: [],
}
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')
const rule = (type: string, name: string, accessLevel: string) => ({ deviceClass: { name, type }, accessLevel })
const stored = async (app: ReturnType<typeof api>) => (await app.store.document('contoso', 'policy'))?.value ?? null

test('every connector has a policy, one in the list each', async () => {
  const got = await api(['contoso', 'fabrikam']).call('GET', root)
  expect(got).toMatchObject({
    status: 200,
    body: { '@odata.context': context, value: [unset, { ...unset, id: 'fabrikam' }] },
  })
})

test('PATCH changes only what is sent, reads as it was written, and is audited', async () => {
  const app = api()
  const notificationContent = base64(
    '<p>Grüße {{displayName}}: {{ activationLink }}</p>'.replaceAll('{{ ', '{{').replaceAll(' }}', '}}'),
  )
  const accessRules = [rule('family', 'iPad', 'allow'), rule('model', 'iPhone14C2', 'none')]
  await app.call('PATCH', contoso, { body: { notificationContent } })
  await app.call('PATCH', contoso, { body: { defaultAccessLevel: 'quarantine' } })
  const got = await app.call('PATCH', '/beta/deviceManagement/exchangeOnPremisesPolicy', { body: { accessRules } })
  const whole = { ...unset, notificationContent, defaultAccessLevel: 'quarantine', accessRules }
  expect(got).toMatchObject({ status: 200, body: { '@odata.context': `${context}/$entity`, ...whole } })
  expect((await app.call('GET', contoso)).body).toEqual(got.body)
  expect(await stored(app)).toEqual({
    ...defaultPolicy,
    notificationHtml: '<p>Grüße {{displayName}}: {{activationLink}}</p>',
    defaultAccessLevel: 'quarantine',
    exceptions: [
      { type: 'family', name: 'iPad', level: 'allow' },
      { type: 'model', name: 'iPhone14C2', level: 'none' },
    ],
  })
  const audit = await app.store.audit('contoso', 1, 99)
  expect(audit.map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`)).toEqual(
    Array.from({ length: 3 }, () => ['asked', 'done'].map((outcome) => `${personId} policyChanged ${outcome}`)).flat(),
  )
  expect(audit[2]).toMatchObject({
    before: { defaultAccessLevel: 'none' },
    after: { defaultAccessLevel: 'quarantine' },
  })
})

test('known device classes are what Exchange has seen, each once, families first', async () => {
  const app = api()
  const deviceClasses = [
    { type: 'iPhone', model: 'iPhone14C2' },
    { type: 'IPHONE', model: 'iPhone12C1' },
    { type: 'Android', model: '' },
  ]
  const exchange: ExchangeConfiguration = {
    organization: 'Contoso',
    defaultLevel: 'allow',
    userMailInsert: null,
    adminMailRecipients: [],
    rules: [],
    servers: [],
    deviceClasses,
    mailboxPolicies: [],
  }
  await app.store.saveDocument('contoso', 'exchange', exchange, null)
  const knownDeviceClasses = [
    { name: 'Android', type: 'family' },
    { name: 'IPHONE', type: 'family' },
    { name: 'iPhone12C1', type: 'model' },
    { name: 'iPhone14C2', type: 'model' },
  ]
  const { body } = await app.call('GET', contoso)
  expect(body).toEqual({ '@odata.context': `${context}/$entity`, ...unset, knownDeviceClasses })
  // Sent back whole, they are ignored
  expect((await app.call('PATCH', contoso, { body })).body).toEqual(body)
})

test('the same class twice with one level is one rule; family and model are different classes', async () => {
  const app = api()
  const accessRules = [rule('family', 'iPad', 'block'), rule('family', 'ipad', 'block'), rule('model', 'iPad', 'allow')]
  const got = await app.call('PATCH', contoso, { body: { accessRules } })
  expect(got.body).toMatchObject({ accessRules: [accessRules[0], accessRules[2]] })
})

test('an empty or null notification is none', async () => {
  const app = api()
  await app.call('PATCH', contoso, { body: { notificationContent: base64('<p>x</p>') } })
  expect((await app.call('PATCH', contoso, { body: { notificationContent: '' } })).body).toMatchObject({
    notificationContent: null,
  })
  await app.call('PATCH', contoso, { body: { notificationContent: base64('<p>x</p>') } })
  expect((await app.call('PATCH', contoso, { body: { notificationContent: null } })).body).toMatchObject({
    notificationContent: null,
  })
})

const html = (text: string) => ({ notificationContent: base64(text) })

const rules = (...accessRules: unknown[]) => ({ accessRules })

describe('400, and nothing is written', () => {
  const placeholders =
    '{{displayName}}, {{deviceType}}, {{deviceModel}}, {{deviceId}}, {{reason}}, {{activationLink}}, {{activationQr}}, {{deadline}}'
  const level = 'Invalid option: expected one of "none"|"allow"|"block"|"quarantine"'
  const cases: [string, unknown, string][] = [
    [
      'unknown property',
      { level: 'allow' },
      'unknown: level; known are id, knownDeviceClasses, notificationContent, defaultAccessLevel, accessRules',
    ],
    ['wrong level', { defaultAccessLevel: 'Block' }, `defaultAccessLevel: ${level}`],
    ['Graph’s future value', { defaultAccessLevel: 'unknownFutureValue' }, `defaultAccessLevel: ${level}`],
    ['wrong level of a rule', rules(rule('family', 'iPad', 'deny')), `accessRules.0.accessLevel: ${level}`],
    [
      'wrong type of a class',
      rules(rule('os', 'iOS', 'allow')),
      'accessRules.0.deviceClass.type: Invalid option: expected one of "family"|"model"',
    ],
    ['no class', rules({ accessLevel: 'allow' }), 'accessRules.0.deviceClass: is missing (object)'],
    [
      'blank class',
      rules(rule('family', ' ', 'allow')),
      'accessRules.0.deviceClass.name: must not be blank, nor begin or end with a space',
    ],
    [
      'contradicting rules',
      rules(rule('family', 'iPad', 'allow'), rule('family', 'IPAD', 'block')),
      'accessRules.1: the family "IPAD" has the level allow already and cannot have block too; give it one',
    ],
    ['no base64', { notificationContent: '<p>hello</p>' }, 'notificationContent: must be base64 of UTF-8 text'],
    ['cut base64', { notificationContent: 'PHA+S' }, 'notificationContent: must be base64 of UTF-8 text'],
    ['no UTF-8', { notificationContent: '/////w==' }, 'notificationContent: must be base64 of UTF-8 text'],
    ['a number', { notificationContent: 7 }, 'notificationContent: Invalid input: expected string, received number'],
    [
      'unknown placeholder',
      html('{{reason}} {{nmae}}'),
      `notificationContent: unknown placeholder {{nmae}}; known are ${placeholders}`,
    ],
    [
      'placeholder with spaces',
      html('{{ reason }}'),
      `notificationContent: unknown placeholder {{ reason }}; known are ${placeholders}`,
    ],
    [
      'placeholder in another case',
      html('{{Reason}}'),
      `notificationContent: unknown placeholder {{Reason}}; known are ${placeholders}`,
    ],
    ['half a placeholder', html('{{reason}} {{reason}'), 'notificationContent: has {{ or }} without its other half'],
    [
      'a huge notification',
      html('x'.repeat(32_001)),
      'notificationContent: has 32001 characters of HTML, at most 32000 fit in a mail',
    ],
  ]
  test.each(cases)('%s', async (_title, body, message) => {
    const app = api()
    const got = await app.call('PATCH', contoso, { body })
    expect(got).toMatchObject({ status: 400, body: graphError('badRequest', message) })
    expect(await stored(app)).toBeNull()
  })
})
