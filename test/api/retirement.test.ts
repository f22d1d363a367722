import { expect, test } from 'vitest'
import { newConnector } from '../../functions/core/run.ts'
import { fakeSystem } from '../sync/fakeSystem.ts'
import { staff, staffPolicy } from '../sync/staff.ts'
import { api, personId } from './apiFixture.ts'

const root = '/easgate/connectors/contoso'

test('a connector is retired by a person, shows that it is, and is taken back', async () => {
  const { exchange, graph } = staff(2, 1)
  const system = await fakeSystem(exchange, graph, staffPolicy())
  await system.sync('full')
  const app = api(['contoso'], { ports: async () => system.ports })
  const got = await app.call('POST', `${root}/retire`, { body: { withdraw: true } })
  expect([got.status, got.body]).toMatchObject([202, { state: 'retiring', runId: expect.any(String) as string }])
  expect((await app.call('GET', root)).body).toMatchObject({
    retiring: { by: personId },
    retired: null,
    toDo: [expect.stringContaining('It is being retired since') as string],
  })
  await system.drain()
  expect((await app.call('GET', root)).body).toMatchObject({
    status: 'disconnected',
    retiring: null,
    retired: { by: null },
  })
  expect((await app.call('POST', `${root}/retire`, { body: { withdraw: false } })).status).toBe(409)
  const back = await app.call('POST', `${root}/reinstate`)
  expect([back.status, back.body]).toMatchObject([
    200,
    { toDo: [expect.stringContaining('easgate-relay join') as string] },
  ])
  const audit = await system.store.audit('contoso', 1, 999)
  const words = audit.filter(({ actor }) => actor === personId).map(({ action, outcome }) => `${action} ${outcome}`)
  expect(words).toEqual([
    'connectorRetired asked',
    'connectorRetired done',
    'connectorRetired asked',
    'connectorRetired failed: connectorRetired',
    'connectorReinstated asked',
    'connectorReinstated done',
  ])
})

test.each([[''], [{}], [{ withdraw: 'yes' }]])(
  '%j does not say whether to withdraw: 400, and nothing is done',
  async (body) => {
    const app = api()
    await app.store.saveDocument('contoso', 'connector', newConnector('contoso'), null)
    expect((await app.call('POST', `${root}/retire`, { body })).status).toBe(400)
    expect((await app.store.document('contoso', 'connector'))?.value).toEqual(newConnector('contoso'))
  },
)

test('without withdrawal it is retired at once', async () => {
  const app = api()
  const got = await app.call('POST', `${root}/retire`, { body: { withdraw: false } })
  expect([got.status, got.body]).toEqual([200, { state: 'retired', runId: null }])
})
