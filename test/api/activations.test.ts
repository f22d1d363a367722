import { beforeEach, describe, expect, test } from 'vitest'
import type { Activation } from '../../functions/core/activation.ts'
import { linkFrom } from '../../functions/core/activationLink.ts'
import { partitionOf } from '../../functions/core/partition.ts'
import type { Ports } from '../../functions/ports.ts'
import type { Directory } from '../../functions/portsDirectory.ts'
import type { StoredRow } from '../../functions/portsStore.ts'
import { saveActivation } from '../../functions/sync/activations.ts'
import { storedMailbox } from '../../functions/sync/storedMailboxes.ts'
import { device, mailbox, owner, record } from '../core/build.ts'
import { activationFake } from '../fakes/activationFake.ts'
import { noDirectory } from '../fakes/noDirectory.ts'
import { api, graphError, now, personId } from './apiFixture.ts'

const path = '/easgate/connectors/contoso/activations'
const guid = (n: number) => `bbbbbbbb-0000-4000-8000-00000000000${n}`
const intune = (n: number) => `cccccccc-0000-4000-8000-00000000000${n}`
const phone = (n: number, given = {}) =>
  device({ id: intune(n), azureAdDeviceId: `entra-${n}`, easDeviceId: null, model: `Model ${n}`, ...given })
const devices = [phone(1), phone(2), phone(3, { managementAgent: 'eas' }), phone(4, { userId: 'user-2' })]
const note = 'seen it'

const waiting = (n: number, given: Partial<Activation> = {}): Activation => ({
  record: guid(n),
  deviceId: `Dev${n}`,
  state: 'waiting',
  userId: 'user-1',
  intuneDeviceId: intune(1),
  azureAdDeviceId: 'entra-1',
  isApproved: false,
  evidence: {
    proof: { kind: 'none', by: 'deviceClaim', isLate: false },
    why: ['notProven'],
    likeness: null,
    devices: [intune(1)],
  },
  at: now,
  decided: null,
  usedLinks: ['secret-link'],
  ...given,
})

let app: ReturnType<typeof api>
let publicUrl: string | null = null
beforeEach(async () => {
  publicUrl = 'https://easgate.example'
  const directory = new Proxy(noDirectory, {
    get: (none, name: keyof Directory) =>
      name === 'devicesOfUsers'
        ? async (ids: readonly string[]) =>
            new Map(ids.map((id) => [id, devices.filter(({ userId }) => userId === id)]))
        : none[name],
  })
  const fresh = api(['contoso'], {
    ports: async (): Promise<Ports> => ({ ...fresh.ports, directory, activation: activationFake(publicUrl) }),
  })
  app = fresh
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
      ...(n === 3 ? [] : [row('user', 'user-1', owner())]),
      row('record', guid(n), record({ guid: guid(n), deviceId: `Dev${n}` })),
    ]
    await app.store.writeRows('contoso', partitionOf(`m${n}`), rows, [])
    await app.store.writePlaces('contoso', [{ kind: 'record', id: guid(n), mailboxGuid: `m${n}`, data: '' }], [])
  }
})

async function given(n: number, activation: Partial<Activation> = {}) {
  const stored = await storedMailbox(app.store, 'contoso', `m${n}`)
  if (stored) await saveActivation(app.ports, 'contoso', stored, waiting(n, activation))
}
const post = (n: number, action: string, body: unknown) =>
  app.call('POST', `${path}/${guid(n)}/${action}`, { body, roles: ['Operator'] })
const audit = async () =>
  (await app.store.audit('contoso', 1, 99)).map(({ action, actor, outcome }) => `${action} ${actor} ${outcome}`)
const isBound = async (n: number) =>
  (await app.store.places('contoso', 'bound', [intune(n)])).map(({ mailboxGuid }) => mailboxGuid)

test('the list shows each with its evidence, by state and page by page, and never a link', async () => {
  await given(1)
  await given(2, { state: 'bound' })
  const list = await app.call('GET', path, { roles: ['Reader'] })
  expect(list).toMatchObject({
    status: 200,
    body: {
      value: [
        { record: guid(1), state: 'waiting', user: 'user-1', type: 'iPhone', evidence: { why: ['notProven'] } },
        { record: guid(2), state: 'bound' },
      ],
    },
  })
  expect(JSON.stringify(list.body)).not.toContain('secret-link')
  expect((await app.call('GET', `${path}?state=waiting`)).body).toMatchObject({ value: [{ record: guid(1) }] })
  const first = await app.call('GET', `${path}?$top=1`)
  const { value, '@odata.nextLink': next } = first.body as { value: unknown[]; '@odata.nextLink': string }
  expect(value).toHaveLength(1)
  const second = await app.call('GET', new URL(next).pathname + new URL(next).search)
  expect(second.body).toMatchObject({ value: [{ record: guid(2) }] })
  expect(await app.call('GET', `${path}?state=open`)).toMatchObject({
    status: 400,
    body: graphError('badRequest', 'state must be one of bound, waiting, rejected, ended'),
  })
  expect((await app.call('GET', `${path}/${guid(2)}`)).body).toMatchObject({ state: 'bound' })
  expect((await app.call('GET', `${path}/${guid(3)}`)).status).toBe(404)
})

describe('approving', () => {
  test('binds the device that the activation names, and decides at once', async () => {
    await given(1)
    expect(await post(1, 'approve', { note })).toMatchObject({
      status: 200,
      body: { state: 'bound', isApproved: true, decided: { by: personId, at: now, note } },
    })
    expect(await isBound(1)).toEqual(['m1'])
    expect(app.queue.waiting).toHaveLength(1)
    expect(await audit()).toEqual([`activationApproved ${personId} asked`, `activationApproved ${personId} done`])
  })
  test('may name another of the person’s devices', async () => {
    await given(1)
    const body = { note, intuneDeviceId: intune(2).toUpperCase() }
    expect((await post(1, 'approve', body)).body).toMatchObject({ state: 'bound', azureAdDeviceId: 'entra-2' })
    expect([await isBound(1), await isBound(2)]).toEqual([[], ['m1']])
  })
  test.each([
    ['another person’s', 4],
    ['not managed', 3],
    ['unknown', 9],
  ])('refuses a device that is %s, and says which there are', async (_, n) => {
    await given(1)
    const got = await post(1, 'approve', { note, intuneDeviceId: intune(n) })
    expect(got.status).toBe(409)
    expect(JSON.stringify(got.body)).toContain(`managed: ${intune(1)} (Model 1), ${intune(2)} (Model 2)`)
    expect([await isBound(n), await audit()]).toEqual([[], []])
  })
  test('needs a device where the activation names none', async () => {
    await given(1, { intuneDeviceId: null, azureAdDeviceId: null })
    expect(await post(1, 'approve', { note })).toMatchObject({ status: 400 })
    expect((await post(1, 'approve', { note, intuneDeviceId: intune(1) })).status).toBe(200)
  })
})

test('rejecting says why, binds nothing and starts nothing', async () => {
  await given(1)
  expect((await post(1, 'reject', { note: 'not hers' })).body).toMatchObject({
    state: 'rejected',
    decided: { note: 'not hers' },
  })
  expect([await isBound(1), app.queue.waiting]).toEqual([[], []])
})

test('ending a binding takes it away, and decides at once', async () => {
  await given(1, { state: 'bound' })
  const got = await app.call('DELETE', `${path}/${guid(1)}`, { roles: ['Operator'] })
  expect([got.status, await isBound(1), app.queue.waiting.length]).toEqual([204, [], 1])
  expect((await app.call('GET', `${path}/${guid(1)}`)).body).toMatchObject({ state: 'ended' })
})

test.each([
  ['approve', 'bound', 409],
  ['approve', 'rejected', 409],
  ['reject', 'ended', 409],
] as const)('%s of one that is %s is a conflict', async (action, state, status) => {
  await given(1, { state })
  expect((await post(1, action, { note })).status).toBe(status)
})

test('ending one that is not bound is a conflict', async () => {
  await given(1)
  expect((await app.call('DELETE', `${path}/${guid(1)}`)).status).toBe(409)
})

test.each([{}, { note: ' ' }, { note: 'a\nb' }, { note, intuneDeviceId: 'x' }, { note, more: 1 }])(
  'a wrong body changes nothing: %o',
  async (body) => {
    await given(1)
    expect((await post(1, 'approve', body)).status).toBe(400)
    expect(await audit()).toEqual([])
  },
)

test('a Reader sees and does not decide', async () => {
  await given(1)
  const got = await app.call('POST', `${path}/${guid(1)}/approve`, { body: { note }, roles: ['Reader'] })
  expect(got.status).toBe(403)
})

describe('a link for the help desk', () => {
  const ask = (n: number) =>
    app.call('POST', `/easgate/connectors/contoso/devices/${guid(n)}/activationLink`, { roles: ['Operator'] })
  test('is for that record and its user, and the audit has its id alone', async () => {
    const got = await ask(1)
    const { url, expiresAt } = got.body as { url: string; expiresAt: string }
    expect([got.status, expiresAt]).toEqual([200, '2026-11-28T08:00:00.000Z'])
    const token = new URL(url).searchParams.get('token') ?? ''
    const link = linkFrom(activationFake().open('activation link', token) ?? '')
    expect(link).toMatchObject({ record: guid(1), mailboxGuid: 'm1', userId: 'user-1', reason: 'asked' })
    const written = JSON.stringify(await app.store.audit('contoso', 1, 9))
    expect(written).toContain(link?.id ?? 'no id')
    expect(written).not.toContain(token.slice(0, 20))
  })
  test('is refused where nobody is known as its user, or where people cannot reach the app', async () => {
    expect((await ask(3)).status).toBe(409)
    publicUrl = null
    expect(JSON.stringify((await ask(1)).body)).toContain('EASGATE_PUBLIC_URL')
  })
})
