import { expect, test } from 'vitest'
import { graphDirectory } from '../../functions/graph/graphDirectory.ts'
import { countingCredential, manyUsers, readAll, withGraph } from './openGraph.ts'

const ids = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index + 1}`)

test('reads 3,000 users, members and devices, each once, in the largest pages that Graph gives', async () => {
  await withGraph({ world: manyUsers(3000) }, async ({ graph, directory }) => {
    const users = await readAll((cursor) => directory.users(cursor, []))
    expect(users.map(({ id }) => id)).toEqual(ids('user', 3000))
    expect(await readAll((cursor) => directory.memberIds('all', cursor))).toEqual(ids('user', 3000))
    const devices = await readAll((cursor) => directory.intuneDevices(cursor))
    expect(devices.map(({ id }) => id)).toEqual(ids('device', 3000))
    expect(graph.requests().byPath).toEqual({
      'GET /v1.0/users': 4,
      'GET /v1.0/groups/all/transitiveMembers/microsoft.graph.user': 4,
      'GET /v1.0/deviceManagement/managedDevices': 3,
    })
    expect(directory.requests()).toBe(11)
  })
})

test('asks only for the properties that are read', async () => {
  await withGraph({ world: manyUsers(1) }, async ({ graph, directory }) => {
    await directory.users(null, [])
    await directory.memberIds('all', null)
    await directory.intuneDevices(null)
    expect(graph.requests().recent.map(({ address }) => address)).toEqual([
      '/v1.0/users?$select=id,userPrincipalName,displayName,mail,proxyAddresses,assignedPlans,onPremisesDistinguishedName,onPremisesSecurityIdentifier,preferredLanguage&$top=999',
      '/v1.0/groups/all/transitiveMembers/microsoft.graph.user?$select=id&$count=true&$top=999',
      '/v1.0/deviceManagement/managedDevices?$select=id,userId,azureADDeviceId,azureADRegistered,deviceRegistrationState,easDeviceId,complianceState,managementState,managementAgent,lastSyncDateTime,operatingSystem,model&$top=1000',
    ])
  })
})

test('asks for a group by any id', async () => {
  const world = { users: [{ id: 'u' }], groups: [{ id: 'a/../b?c#d %', members: ['u'] }] }
  await withGraph({ world }, async ({ directory }) => {
    expect((await directory.memberIds('a/../b?c#d %', null)).items).toEqual(['u'])
  })
})

test('goes on from a cursor in another process', async () => {
  await withGraph({ world: manyUsers(5), pageSize: 3 }, async ({ graph, directory, logged }) => {
    const { next } = await directory.users(null, [])
    const log = { info() {}, warn() {}, error() {} }
    const other = graphDirectory({ endpoint: graph.url, credential: null, log })
    expect((await other.users(next, [])).items.map(({ id }) => id)).toEqual(['user 4', 'user 5'])
    expect(logged).toEqual([])
  })
})

test('takes one token for many pages', async () => {
  const credential = countingCredential()
  const world = manyUsers(50)
  await withGraph({ world, credential, pageSize: 5, requireToken: 'token-1' }, async ({ directory }) => {
    expect(await readAll((cursor) => directory.users(cursor, []))).toHaveLength(50)
    expect(credential.asked()).toBe(1)
  })
})

test('takes a new token before the old one ends', async () => {
  const credential = countingCredential(60_000)
  await withGraph({ world: manyUsers(2), credential, pageSize: 1 }, async ({ directory }) => {
    await readAll((cursor) => directory.users(cursor, []))
    expect(credential.asked()).toBe(2)
  })
})

test('asks for one token while many pages wait for it', async () => {
  const credential = countingCredential()
  await withGraph({ world: manyUsers(1), credential, requireToken: 'token-1' }, async ({ directory }) => {
    await Promise.all(Array.from({ length: 10 }, () => directory.users(null, [])))
    expect(credential.asked()).toBe(1)
  })
})

test.each([
  ['a credential that is refused', 401, 'graphDenied', false],
  ['a token service that is down', 503, 'graphFailed', true],
  ['a credential that breaks', undefined, 'graphFailed', true],
])('says so of %s', async (_title, statusCode, code, retryable) => {
  const getToken = async (): Promise<never> => {
    throw Object.assign(new Error('tenant secret'), { name: 'AuthenticationError', statusCode })
  }
  await withGraph({ world: {}, credential: { getToken } }, async ({ graph, directory }) => {
    const failure = await directory.users(null, []).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code, retryable, message: expect.not.stringContaining('secret') })
    expect(graph.requests().total).toBe(0)
  })
})

test('answers the claims that Graph challenges for', async () => {
  const asked: unknown[] = []
  const getToken = async (_scope: string | string[], options?: { claims?: string }) => {
    asked.push(options?.claims)
    return { token: `token-${asked.length}`, expiresOnTimestamp: Date.now() + 3_600_000 }
  }
  await withGraph({ world: {}, credential: { getToken } }, async ({ graph, directory }) => {
    graph.faults.order({ fault: 'status', status: 401, claims: '{"access_token":{}}' })
    await directory.users(null, [])
    expect(asked).toEqual([undefined, '{"access_token":{}}'])
  })
})
