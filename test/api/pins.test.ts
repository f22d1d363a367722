import { beforeEach, describe, expect, test } from 'vitest'
import { partitionOf } from '../../functions/core/partition.ts'
import { defaultPolicy, defaultSettings } from '../../functions/core/settings.ts'
import type { StoredRow } from '../../functions/portsStore.ts'
import { mailbox, owner, record } from '../core/build.ts'
import { api, graphError, now, personId } from './apiFixture.ts'

const path = '/easgate/connectors/contoso/pins'
const guid = (n: number) => `bbbbbbbb-0000-4000-8000-00000000000${n}`
const body = { access: 'allow', note: 'night shift' }
const view = (n: number) => ({
  record: guid(n),
  access: 'allow',
  note: 'night shift',
  until: null,
  source: 'pin',
  hasEnded: false,
  mailbox: `m${n}`,
  user: 'user-1',
  deviceId: `Dev${n}`,
  type: 'iPhone',
  model: 'iPhone14C2',
})

let app: ReturnType<typeof api>

/** Three mailboxes with a record each, as a sync leaves them. */
beforeEach(async () => {
  app = api()
  for (const n of [1, 2, 3]) {
    const row = (kind: StoredRow['kind'], id: string, value: object): StoredRow => ({
      mailboxGuid: `m${n}`,
      kind,
      id,
      data: JSON.stringify(value),
      decision: null,
    })
    const rows = [
      row('mailbox', '', mailbox({ guid: `m${n}` })),
      row('user', 'user-1', owner()),
      row('record', guid(n), record({ guid: guid(n), deviceId: `Dev${n}` })),
    ]
    await app.store.writeRows('contoso', partitionOf(`m${n}`), rows, [])
    await app.store.writePlaces('contoso', [{ kind: 'record', id: guid(n), mailboxGuid: `m${n}`, data: '' }], [])
  }
})

const due = async () =>
  (await app.store.listPlaces('contoso', 'due', { after: '', to: null, top: 9 })).map(
    ({ id, mailboxGuid }) => `${id} ${mailboxGuid}`,
  )

test('a pin is set, read, and makes its mailbox due at once and at its end', async () => {
  const sent = { ...body, until: '2026-12-01T00:00:00+01:00' }
  const got = await app.call('PUT', `${path}/${guid(1).toUpperCase()}`, { body: sent, roles: ['Operator'] })
  const whole = { ...view(1), until: '2026-11-30T23:00:00.000Z' }
  expect(got).toMatchObject({ status: 200, body: whole })
  expect(got.body).toEqual(whole)
  expect((await app.call('GET', `${path}/${guid(1)}`, { roles: ['Reader'] })).body).toEqual(whole)
  expect(await due()).toEqual([`${now} m1`, '2026-11-30T23:00:00.000Z m1'])
  expect(app.queue.waiting).toEqual([])
})

test('another pin takes its place, and the audit has both, who and what', async () => {
  await app.call('PUT', `${path}/${guid(1)}`, { body })
  await app.call('PUT', `${path}/${guid(1)}`, { body: { access: 'block', note: 'stolen' } })
  expect((await app.call('GET', path)).body).toEqual({ value: [{ ...view(1), access: 'block', note: 'stolen' }] })
  const pin = { record: guid(1), until: null }
  const second = {
    action: 'pinned',
    actor: personId,
    subject: guid(1),
    before: { ...pin, ...body },
    after: { ...pin, access: 'block', note: 'stolen' },
  }
  expect(await app.store.audit('contoso', 3, 9)).toMatchObject([
    { ...second, outcome: 'asked' },
    { ...second, outcome: 'done' },
  ])
})

test('a pin is taken away, and its mailbox is due', async () => {
  await app.call('PUT', `${path}/${guid(1)}`, { body })
  app.clock.advance(60_000)
  expect((await app.call('DELETE', `${path}/${guid(1)}`, { roles: ['Operator'] })).status).toBe(204)
  expect(await due()).toEqual([`${now} m1`, '2026-11-21T08:01:00.000Z m1'])
  expect((await app.call('GET', path)).body).toEqual({ value: [] })
  expect((await app.store.audit('contoso', 3, 9))[1]).toMatchObject({
    action: 'unpinned',
    before: { record: guid(1), ...body },
    after: null,
    outcome: 'done',
  })
})

test('pins come page by page, those of the settings’ list before the first', async () => {
  for (const n of [3, 1, 2]) await app.call('PUT', `${path}/${guid(n)}`, { body })
  const listed = { record: guid(9), access: 'block' as const, note: '', until: '2026-01-01T00:00:00.000Z' }
  const settings = { ...defaultSettings, pins: [listed] }
  await app.store.saveDocument('contoso', 'policy', { ...defaultPolicy, settings }, null)
  const first = await app.call('GET', `${path}?$top=2`)
  expect(first.body).toMatchObject({ value: [{ ...listed, source: 'settings', hasEnded: true }, view(1), view(2)] })
  const link = new URL((first.body as { '@odata.nextLink': string })['@odata.nextLink'])
  expect((await app.call('GET', `${path}${link.search}`)).body).toEqual({ value: [view(3)] })
})

describe('is refused, and nothing is written', () => {
  const cases: [string, string, string, unknown, number, string, string][] = [
    [
      'a record that nobody knows',
      'PUT',
      guid(8),
      body,
      404,
      'itemNotFound',
      `connector contoso has no EAS record "${guid(8)}"; GET devices lists them`,
    ],
    [
      'an end that has passed',
      'PUT',
      guid(1),
      { ...body, until: now },
      400,
      'badRequest',
      `until: ${now} has passed (it is ${now}); give a later time, or null for no end`,
    ],
    [
      'no note',
      'PUT',
      guid(1),
      { access: 'allow', note: ' ' },
      400,
      'badRequest',
      'note: is needed: say who asked for it, and why',
    ],
    [
      'a level that is none of a pin',
      'PUT',
      guid(1),
      { ...body, access: 'quarantine' },
      400,
      'badRequest',
      'access: Invalid option: expected one of "allow"|"block"',
    ],
    [
      'to take away what is not there',
      'DELETE',
      guid(1),
      undefined,
      404,
      'itemNotFound',
      `the EAS record ${guid(1)} is not pinned`,
    ],
  ]
  test.each(cases)('%s', async (_title, method, id, sent, status, code, message) => {
    expect(await app.call(method, `${path}/${id}`, { body: sent })).toMatchObject({
      status,
      body: graphError(code, message),
    })
    expect([await due(), await app.store.audit('contoso', 1, 9)]).toEqual([[], []])
  })
  test('to take away what the settings’ list has', async () => {
    const pins = [{ record: guid(1), access: 'block' as const, note: '', until: null }]
    const policy = { ...defaultPolicy, settings: { ...defaultSettings, pins } }
    await app.store.saveDocument('contoso', 'policy', policy, null)
    expect((await app.call('DELETE', `${path}/${guid(1)}`)).status).toBe(409)
  })
  test.each([
    ['PUT', 'Reader'],
    ['DELETE', 'Reader'],
  ] as const)('%s by a %s', async (method, role) => {
    expect((await app.call(method, `${path}/${guid(1)}`, { body, roles: [role] })).status).toBe(403)
  })
})
