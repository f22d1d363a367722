import { expect, test } from 'vitest'
import { ask, askAll, askPage, idsOf, withSim } from './ask.ts'

const world = {
  users: [
    { id: 'u1', userPrincipalName: 'ana@x', mail: null, proxyAddresses: ['SMTP:ana@x'], accountEnabled: true },
    { id: 'u2', userPrincipalName: 'ben@x' },
  ],
  devices: [{ id: 'e1', deviceId: 'x1' }],
  groups: [
    { id: 'g1', displayName: 'Staff', members: ['u1', 'g2', 'e1', 'nobody'] },
    { id: 'g2', members: ['u2', 'u1', 'g1'] },
  ],
  managedDevices: [{ id: 'm1', userId: 'U1', userPrincipalName: 'ana@x' }, { id: 'm2' }],
}
const withToken = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } })
const eventual = { headers: { ConsistencyLevel: 'eventual' } }

test('shows of users only a few properties unless more are selected', async () => {
  await withSim({ world }, async (graph) => {
    const plain = await askPage(graph, 'users')
    expect(plain.value[0]).toHaveProperty('userPrincipalName', 'ana@x')
    expect(plain.value[0]).not.toHaveProperty('proxyAddresses')
    const chosen = await askPage(graph, 'users?$select=id,mail,proxyAddresses,assignedPlans')
    expect(chosen.value).toEqual([
      { id: 'u1', mail: null, proxyAddresses: ['SMTP:ana@x'], assignedPlans: [] },
      { id: 'u2', mail: null, proxyAddresses: [], assignedPlans: [] },
    ])
  })
})

test('fills what nobody set of a managedDevice with the values of Graph', async () => {
  await withSim({ world }, async (graph) => {
    expect((await ask(graph, 'deviceManagement/managedDevices/m2')).body).toMatchObject({
      complianceState: 'unknown',
      managementState: 'managed',
      managementAgent: 'unknown',
      deviceRegistrationState: 'notRegistered',
      exchangeAccessState: 'none',
      azureADRegistered: null,
      easActivated: false,
      easDeviceId: null,
      lastSyncDateTime: '0001-01-01T00:00:00Z',
    })
  })
})

test.each([
  ['groups/g1/members', {}, ['u1', 'g2', 'e1']],
  ['groups/g1/transitiveMembers', {}, ['u1', 'g2', 'e1', 'u2']],
  ['groups/G1/transitiveMembers/microsoft.graph.user?$count=true', eventual, ['u1', 'u2']],
  ['groups/g2/members/microsoft.graph.user?$count=true', eventual, ['u2', 'u1']],
  ['users/u1/managedDevices', {}, ['m1']],
  ['users/ANA@x/managedDevices', {}, ['m1']],
  ['users/u2/managedDevices', {}, []],
  ["users?$filter=userPrincipalName eq 'ANA@x'", {}, ['u1']],
  ["users?$filter=id in ('u2','u9')", {}, ['u2']],
  ["users?$filter=startswith(userPrincipalName,'b') or accountEnabled eq true", {}, ['u1', 'u2']],
  ["devices?$filter=deviceId eq 'x1'", {}, ['e1']],
])('lists %s', async (address, init, expected) => {
  await withSim({ world, maxPage: 2 }, async (graph) => {
    expect(idsOf((await askAll(graph, address, init)).rows)).toEqual(expected)
  })
})

test('says of which kind each member is', async () => {
  await withSim({ world }, async (graph) => {
    const { value } = await askPage(graph, 'groups/g1/members?$select=id')
    expect(value.map((row) => row['@odata.type'])).toEqual([
      '#microsoft.graph.user',
      '#microsoft.graph.group',
      '#microsoft.graph.device',
    ])
  })
})

test('counts on the first page only', async () => {
  await withSim({ world, maxPage: 1 }, async (graph) => {
    const first = await askPage(graph, 'users?$count=true')
    expect(first['@odata.count']).toBe(2)
    expect((await askPage(graph, first['@odata.nextLink'] ?? ''))['@odata.count']).toBeUndefined()
  })
})

test.each<[string, number, string, { headers?: Record<string, string> }]>([
  ['groups/none/members', 404, 'Request_ResourceNotFound', {}],
  ['users/none', 404, 'Request_ResourceNotFound', {}],
  ['deviceManagement/managedDevices/none', 404, 'Request_ResourceNotFound', {}],
  ['groups/g1/transitiveMembers/microsoft.graph.user?$count=true', 400, 'Request_UnsupportedQuery', {}],
  ['groups/g1/transitiveMembers/microsoft.graph.user', 400, 'Request_UnsupportedQuery', eventual],
  ['users?$top=1000', 400, 'Request_UnsupportedQuery', {}],
  ['users?$top=0', 400, 'Request_UnsupportedQuery', {}],
  ["users?$filter=jobTitle eq 'x'", 400, 'Request_UnsupportedQuery', {}],
  ['users?$skiptoken=nonsense', 400, 'Directory_ExpiredPageToken', {}],
  ['nothing', 400, 'BadRequest', {}],
  ['groups/g1/owners', 400, 'BadRequest', {}],
])('refuses %s with %i %s', async (address, status, code, init) => {
  await withSim({ world }, async (graph) => {
    const answer = await ask(graph, address, { headers: { ...init.headers, 'client-request-id': 'mine' } })
    expect(answer.status).toBe(status)
    const innerError = {
      'request-id': answer.headers.get('request-id'),
      'client-request-id': 'mine',
      date: expect.any(String),
    }
    expect(answer.body).toEqual({ error: { code, message: expect.any(String), innerError } })
  })
})

test('takes the same routes under beta', async () => {
  await withSim({ world }, async (graph) => {
    const answer = await ask(graph, `${graph.url}/beta/users?$select=id`)
    expect(answer.body).toMatchObject({ '@odata.context': `${graph.url}/beta/$metadata#users(id)` })
  })
})

test('asks for the token where one is required', async () => {
  await withSim({ world, requireToken: 'good' }, async (graph) => {
    expect((await ask(graph, 'users')).status).toBe(401)
    expect((await ask(graph, 'users', withToken('bad'))).status).toBe(401)
    expect((await ask(graph, 'users', withToken('good'))).status).toBe(200)
  })
})
