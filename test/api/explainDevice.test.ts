import { expect, test } from 'vitest'
import { fakeSystem } from '../sync/fakeSystem.ts'
import { staff, staffPolicy } from '../sync/staff.ts'
import { api, graphError } from './apiFixture.ts'

async function synced() {
  const { exchange, graph } = staff(3, 1)
  const system = await fakeSystem({ ...exchange, mailboxPolicies: [{ Name: 'Default' }] }, graph, staffPolicy())
  await system.sync('full')
  const app = api(['contoso'], { ports: async () => system.ports })
  const explain = (path: string) =>
    app.call('GET', `/easgate/connectors/contoso/devices/${path}`, { roles: ['Reader'] })
  return { system, explain }
}

test('a phone is explained from what is stored, found with its mailbox or without, and nobody is asked', async () => {
  const { system, explain } = await synced()
  const before = [system.exchange.conversations, system.directory.requests()]
  const got = await explain('R2/explain?mailbox=M2')
  expect(got).toMatchObject({
    status: 200,
    body: {
      record: { guid: 'r2', deviceId: 'Dev2' },
      mailbox: { guid: 'm2', blocked: [] },
      readAt: '2026-11-21T08:00:00.010Z',
      user: { id: 'u2', isLicensed: true, isIncluded: true, isExcluded: false },
      intuneDevice: null,
      lastDecision: { access: 'block', reason: 'notEnrolled' },
      decision: { access: 'block', reason: 'notEnrolled' },
      lists: { now: 'neither', planned: 'blocked' },
      exchange: {
        now: { access: 'allow', layer: 'default' },
        planned: { access: 'block', layer: 'personalList', list: 'blocked' },
      },
    },
  })
  expect((await explain('r2/explain')).body).toEqual(got.body)
  expect([system.exchange.conversations, system.directory.requests()]).toEqual(before)
})

test('what a match came from and which mailbox policy its mailbox has are shown, as the policy is now', async () => {
  const { system, explain } = await synced()
  expect((await explain('r1/explain')).body).toMatchObject({
    match: { by: 'easDeviceId', activation: null },
    mailboxPolicy: { now: null, own: null, planned: null, left: null },
  })
  await system.setPolicy(
    staffPolicy({ mailboxPolicy: { name: 'Phones', properties: { PasswordEnabled: true }, assign: 'inScope' } }),
  )
  await system.sync('full', { approve: true })
  system.clock.advance(60_000)
  await system.sync('full')
  const { body } = await explain('r1/explain')
  expect(body).toMatchObject({
    mailboxPolicy: { now: 'Phones', own: { policy: { name: 'Phones' }, before: null }, planned: null },
  })
  await system.setPolicy(staffPolicy())
  expect((await explain('r1/explain')).body).toMatchObject({
    mailboxPolicy: { now: 'Phones', planned: { after: null } },
  })
})

test('it goes by the policy as it is now, not as it was when the phone was decided', async () => {
  const { system, explain } = await synced()
  await system.setPolicy(staffPolicy({}, { enabled: false }))
  expect((await explain('r2/explain')).body).toMatchObject({
    lastDecision: { reason: 'notEnrolled' },
    decision: { access: 'leave', reason: 'outOfScope' },
  })
})

test.each([
  ['r9/explain', 'connector contoso has no EAS record "r9"; GET devices lists them'],
  ['r2/explain?mailbox=m1', 'mailbox "m1" of connector contoso has no EAS record "r2"; GET devices lists them'],
])('%s is 404', async (path, message) => {
  const { explain } = await synced()
  expect(await explain(path)).toMatchObject({ status: 404, body: graphError('itemNotFound', message) })
})

test('before anything was read there is nothing to explain by', async () => {
  const { explain } = { explain: (path: string) => api().call('GET', `/easgate/connectors/contoso/devices/${path}`) }
  expect((await explain('r1/explain')).status).toBe(404)
})
