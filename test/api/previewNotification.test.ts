import { describe, expect, test } from 'vitest'
import { activationFake } from '../fakes/activationFake.ts'
import { api, graphError } from './apiFixture.ts'

const own = '/easgate/connectors/contoso'
const path = `${own}/notification/preview`
const policy = '/beta/deviceManagement/exchangeOnPremisesPolicies/contoso'
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')
const de = {
  subject: 'Post auf {{deviceType}}',
  html: '<p>{{displayName}}: {{reason}}</p>',
  reasons: { notCompliant: 'Regeln.' },
}

describe('a preview', () => {
  test('has a sample link and its picture where the app has an address, as a mail would', async () => {
    const app = api(['contoso'], {
      ports: async () => ({ ...app.ports, activation: activationFake('https://easgate.example') }),
    })
    const built = await app.call('POST', path)
    expect(built.body).toMatchObject({
      html: expect.stringContaining('https://easgate.example/activate?token=sample'),
      imagePng: expect.stringMatching(/^iVBOR/),
    })
    const plain = await app.call('POST', path, { body: { html: '<p>{{reason}}</p>' } })
    expect(plain.body).not.toHaveProperty('imagePng')
  })
  test('shows the saved template with sample values, and nothing is sent', async () => {
    const app = api()
    await app.call('PATCH', policy, { body: { notificationContent: base64('<p>{{displayName}}, {{deviceId}}</p>') } })
    const got = await app.call('POST', path, { roles: ['Operator'], body: { displayName: '<Ben>', deviceId: 'D1' } })
    expect(got).toMatchObject({ status: 200, body: { subject: 'Mail on your iPhone', html: '<p>&lt;Ben&gt;, D1</p>' } })
  })
  test('without a body and a template is the built-in mail', async () => {
    const { body } = await api().call('POST', path)
    expect(body).toMatchObject({ html: expect.stringContaining('Hello Ana Alves') })
  })
  test('shows a language, and a reason', async () => {
    const app = api()
    await app.call('PATCH', `${own}/settings`, { body: { notification: { templates: { 'de-AT': de } } } })
    const { body } = await app.call('POST', path, { body: { language: 'de-AT', reason: 'notCompliant' } })
    expect(body).toEqual({ subject: 'Post auf iPhone', html: '<p>Ana Alves: Regeln.</p>' })
  })
  test('shows HTML that is not saved, after the checks of saving', async () => {
    const app = api()
    expect((await app.call('POST', path, { body: { html: '<b>{{deviceType}}</b>' } })).body).toMatchObject({
      html: '<b>iPhone</b>',
    })
    const message = 'html: must not have <script>; take it out'
    expect(await app.call('POST', path, { body: { html: '<script>' } })).toMatchObject({
      status: 400,
      body: graphError('badRequest', message),
    })
    expect(await app.store.document('contoso', 'policy')).toBeNull()
  })
  test('is not a reader’s', async () => {
    expect((await api().call('POST', path, { roles: ['Reader'] })).status).toBe(403)
  })
})

describe('the settings for mails', () => {
  test('PATCH changes only what is sent; languages are replaced whole, in lower case', async () => {
    const app = api()
    await app.call('PATCH', `${own}/settings`, { body: { notification: { waitMinutes: 30, templates: { fr: de } } } })
    const { body } = await app.call('PATCH', `${own}/settings`, {
      body: { notification: { templates: { 'de-AT': de }, digestTo: ['desk@c.com'] } },
    })
    expect(body).toMatchObject({
      notification: {
        subject: 'Mail on your {{deviceType}}',
        waitMinutes: 30,
        templates: { 'de-at': de },
        digestTo: ['desk@c.com'],
      },
    })
    expect(Object.keys((body as { notification: { templates: object } }).notification.templates)).toEqual(['de-at'])
  })

  const unknown = expect.stringContaining('unknown placeholder {{nmae}}; known are {{displayName}}')
  test.each([
    ['a subject with an unknown placeholder', { subject: '{{nmae}}' }, unknown],
    ['a template with one', { templates: { de: { ...de, html: '{{nmae}}' } } }, unknown],
    [
      'a template with a script',
      { templates: { de: { ...de, html: '<script>' } } },
      expect.stringContaining('notification.templates.de.html: must not have <script>'),
    ],
    ['an empty template', { templates: { de: { ...de, html: '' } } }, expect.stringContaining('must not be empty')],
    [
      'no language',
      { templates: { 'not a language': de } },
      expect.stringContaining('must be a language such as de or pt-BR'),
    ],
    ['a language twice', { templates: { de, DE: de } }, expect.stringContaining('is given twice')],
    [
      'an unknown reason',
      { templates: { de: { ...de, reasons: { pinned: 'x' } } } },
      expect.stringContaining('unknown: pinned; known are extraRule'),
    ],
    ['a subject of two lines', { subject: 'a\nb' }, expect.stringContaining('must be one line')],
    [
      'more than ten languages',
      { templates: Object.fromEntries(Array.from('abcdefghijk', (x) => [`d${x}`, de])) },
      expect.stringContaining('has 11 languages'),
    ],
    ['a wait of days', { waitMinutes: 2_881 }, expect.stringContaining('notification.waitMinutes')],
    ['no address', { digestTo: ['desk'] }, expect.stringContaining('must be one mail address')],
  ])('400, and nothing is written: %s', async (_what, notification, message) => {
    const app = api()
    const got = await app.call('PATCH', `${own}/settings`, { body: { notification } })
    expect(got).toMatchObject({ status: 400, body: { error: { message } } })
    expect(await app.store.document('contoso', 'policy')).toBeNull()
  })
})
