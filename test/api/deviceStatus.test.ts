import { expect, test } from 'vitest'
import { fakeSystem } from '../sync/fakeSystem.ts'
import { staff, staffPolicy } from '../sync/staff.ts'
import { api } from './apiFixture.ts'

async function company() {
  const { exchange, graph } = staff(2, 1)
  const system = await fakeSystem(exchange, graph, staffPolicy())
  await system.sync('full')
  const app = api(['contoso'], { ports: async () => system.ports })
  return { system, get: (n: string) => app.call('GET', `/easgate/connectors/contoso/devices/${n}/status`) }
}

test('asks Exchange for the one record and its mailbox, and for nothing else', async () => {
  const { system, get } = await company()
  const before = system.exchange.calls.length
  const got = await get('r1')
  expect(got).toMatchObject({ status: 200, body: { record: 'r1', mailboxKind: 'UserMailbox', lastSuccessSync: null } })
  expect(system.exchange.calls.slice(before)).toEqual(['deviceStatus'])
})

test('a record that nobody knows is 404, and so is one that Exchange has no more', async () => {
  const { system, get } = await company()
  expect((await get('nobody')).status).toBe(404)
  system.exchange.state.removeDevice('r1')
  expect(await get('r1')).toMatchObject({ status: 404, body: { error: { message: expect.stringContaining('r1') } } })
})
