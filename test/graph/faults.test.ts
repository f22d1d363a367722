/** Each fault of the service or the network, through real HTTP: what the adapter makes of it. Rows run on a listing of five users in pages of two. */
import { describe, expect, test } from 'vitest'
import { inspect } from 'node:util'
import { asAppError, type AppError } from '../../functions/errors.ts'
import type { Fault } from '../../sim/graph/faults.ts'
import { startGraph } from '../../sim/graph/startGraph.ts'
import { countingCredential, manyUsers, readAll, withGraph } from './openGraph.ts'

const world = manyUsers(5)
const everybody = ['user 1', 'user 2', 'user 3', 'user 4', 'user 5']
const status = (code: number, more: object = {}): Fault => ({ fault: 'status', status: code, ...more })

describe('overcomes', () => {
  test.each<[string, Fault, number, number]>([
    ['429 that says how long to wait', status(429, { retryAfter: 0, count: 2 }), 5, 2],
    ['429 that says until when to wait', status(429, { retryAfter: 0, asDate: true }), 4, 1],
    ['429 that says nothing', status(429, { count: 3 }), 6, 3],
    ['500', status(500), 4, 1],
    ['502 twice in the middle', status(502, { page: 2, count: 2 }), 5, 2],
    ['503', status(503, { retryAfter: 0 }), 4, 1],
    ['504', status(504), 4, 1],
    ['509', status(509, { page: 3 }), 4, 1],
    ['seven failures in a row', status(503, { count: 7 }), 10, 7],
    ['a reset before the answer', { fault: 'reset' }, 4, 1],
    ['a reset in the middle of the answer', { fault: 'cut', page: 2 }, 4, 1],
    ['no answer at all', { fault: 'hang', page: 2 }, 4, 1],
    ['a slow answer', { fault: 'slow', delayMs: 5 }, 3, 0],
    ['an empty page with a link', { fault: 'emptyPage', page: 2 }, 4, 0],
  ])('%s', async (_title, fault, requests, retries) => {
    await withGraph(
      { world, pageSize: 2, attemptMs: fault.fault === 'hang' ? 1000 : 30_000 },
      async ({ graph, directory, logged }) => {
        graph.faults.order(fault)
        const users = await readAll((cursor) => directory.users(cursor, []))
        expect(users.map(({ id }) => id)).toEqual(everybody)
        expect(directory.requests()).toBe(requests)
        expect(graph.requests().total).toBe(requests)
        expect(logged.filter(({ event }) => event === 'graph.retry')).toHaveLength(retries)
      },
    )
  })

  test.each<[string, Fault, number]>([
    ['429, twice', status(429, { retryAfter: 0, count: 2 }), 2],
    ['509: bytes instead of requests', status(509), 1],
    ['503 is a fault of its own and no word about how much we ask', status(503, { retryAfter: 0 }), 0],
  ])('and counts how often it was asked too much: %s', async (_title, fault, throttled) => {
    await withGraph({ world }, async ({ graph, directory }) => {
      graph.faults.order(fault)
      await directory.users(null, [])
      expect(directory.throttled()).toBe(throttled)
    })
  })

  test('a compressed answer that breaks off, for which the pipeline alone would wait for ever', async () => {
    await withGraph({ world: manyUsers(500), attemptMs: 1000 }, async ({ graph, directory, logged }) => {
      graph.faults.order({ fault: 'cut' })
      expect((await directory.users(null, [])).items).toHaveLength(500)
      expect(logged).toEqual([{ event: 'graph.retry', fields: { status: null, code: 'ETIMEDOUT', delayMs: 0 } }])
    })
  })

  test('a token that is refused once', async () => {
    const credential = countingCredential()
    await withGraph({ world, credential, requireToken: 'token-2' }, async ({ directory }) => {
      expect((await directory.users(null, [])).items).toHaveLength(5)
      expect(credential.asked()).toBe(2)
    })
  })

  test('a page that comes twice: its rows come twice, and none is lost', async () => {
    await withGraph({ world, pageSize: 2 }, async ({ graph, directory }) => {
      graph.faults.order({ fault: 'repeatPage', page: 2 })
      const users = await readAll((cursor) => directory.users(cursor, []))
      expect(users.map(({ id }) => id)).toEqual(['user 1', 'user 2', 'user 3', 'user 4', 'user 3', 'user 4', 'user 5'])
    })
  })
})

describe('fails, retryable:', () => {
  test.each<[string, Fault, number, string]>([
    ['a page that fails for ever', status(503, { page: 2, count: null }), 9, '503 serviceNotAvailable'],
    ['a service that is down', status(500, { count: null }), 8, '500 InternalServerError'],
    ['throttling beyond the deadline', status(429, { retryAfter: 3600, count: null }), 1, '429 TooManyRequests'],
    ['connections that are always reset', { fault: 'reset', count: null }, 8, 'ECONNRESET'],
    ['no answer ever', { fault: 'hang', count: null }, 8, 'ETIMEDOUT'],
    ['half a JSON text', { fault: 'malformed' }, 1, 'not JSON'],
    ['a body that is no page', { fault: 'noValue', page: 2 }, 2, 'not JSON with an array "value"'],
    ['a page that leads to itself', { fault: 'sameLink', page: 2 }, 2, 'never end'],
  ])('%s', async (_title, fault, requests, message) => {
    await withGraph(
      { world, pageSize: 2, attemptMs: fault.fault === 'hang' ? 20 : 10_000 },
      async ({ graph, directory }) => {
        graph.faults.order(fault)
        const failure = await failureOf(readAll((cursor) => directory.users(cursor, [])))
        expect(failure).toMatchObject({ code: 'graphFailed', retryable: true })
        expect(failure.message).toContain(message)
        expect(directory.requests()).toBe(requests)
      },
    )
  })

  test('a service that nobody runs', async () => {
    const gone = await startGraph({ world })
    await gone.close()
    await withGraph({ world, endpoint: gone.url }, async ({ directory }) => {
      await expect(directory.users(null, [])).rejects.toMatchObject({
        code: 'graphFailed',
        retryable: true,
        message: expect.stringContaining('ECONNREFUSED'),
      })
      expect(directory.requests()).toBe(8)
    })
  })

  test('failures that last until the deadline', async () => {
    let nowMs = 0
    // Every look at the clock costs 30 s: two sendings fit in 100.
    const now = (): number => (nowMs += 30_000)
    await withGraph({ world, now, deadlineMs: 100_000 }, async ({ graph, directory }) => {
      graph.faults.order(status(503, { count: null }))
      await expect(directory.users(null, [])).rejects.toMatchObject({ code: 'graphFailed', retryable: true })
      expect(directory.requests()).toBe(2)
    })
  })
})

describe('fails for good:', () => {
  test.each<[string, Fault, string, string]>([
    ['a permission that is missing', status(403), 'graphDenied', 'User.Read.All'],
    [
      'a request that Graph does not understand',
      status(400, { code: 'Directory_ExpiredPageToken' }),
      'graphFailed',
      'Directory_ExpiredPageToken',
    ],
    ['an address that is not there', status(404), 'graphFailed', '404'],
    ['a cursor that is too old', status(410), 'graphFailed', 'begin again'],
    ['an answer that leads elsewhere', status(302, { code: 'moved' }), 'graphFailed', '302'],
    ['something not implemented', status(501, { code: 'NotImplemented' }), 'graphFailed', '501'],
    ['a row without an id', { fault: 'row', row: { displayName: 'nobody' } }, 'incompleteInventory', 'without an id'],
    ['a row that is no object', { fault: 'row', row: null }, 'incompleteInventory', 'without an id'],
  ])('%s', async (_title, fault, code, message) => {
    await withGraph({ world }, async ({ graph, directory }) => {
      graph.faults.order(fault)
      const failure = await failureOf(directory.users(null, []))
      expect(failure).toMatchObject({ code, retryable: false })
      expect(failure.message).toContain(message)
      expect(directory.requests()).toBe(1)
    })
  })

  test('a token that is always refused, after one new token, and without showing it', async () => {
    const credential = countingCredential()
    await withGraph({ world, credential, requireToken: 'other' }, async ({ directory, logged }) => {
      const failure = await failureOf(directory.users(null, []))
      expect(failure).toMatchObject({ code: 'graphDenied', retryable: false })
      expect(credential.asked()).toBe(2)
      expect(`${shown(failure)} ${JSON.stringify(logged)}`).not.toContain('token-')
    })
  })

  test('a link to another host, which gets neither a request nor the token', async () => {
    const other = await startGraph({ world })
    const credential = countingCredential()
    await withGraph({ world, pageSize: 2, credential }, async ({ graph, directory }) => {
      graph.faults.order({ fault: 'foreignLink', origin: other.url })
      const failure = { code: 'graphFailed', retryable: false, message: expect.stringContaining(other.url) }
      await expect(directory.users(null, [])).rejects.toMatchObject(failure)
      await expect(directory.users(`${other.url}/v1.0/users`, [])).rejects.toMatchObject(failure)
      expect(other.requests().total).toBe(0)
    })
    await other.close()
  })
})

test('never shows the token, however a failure is printed', async () => {
  await withGraph({ world, credential: countingCredential() }, async ({ graph, directory }) => {
    graph.faults.order({ fault: 'reset', count: null })
    expect(shown(await failureOf(directory.users(null, [])))).not.toContain('token-1')
  })
})

test('names what failed: the id that Graph gave the request, and ours, which stays the same when it is sent again', async () => {
  await withGraph({ world }, async ({ graph, directory }) => {
    graph.faults.order(status(500))
    graph.faults.order(status(400, { code: 'SomeCode' }))
    const { message } = await failureOf(directory.intuneDevices(null))
    expect(message).toMatch(
      /^Reading Intune devices from Microsoft Graph failed: 400 SomeCode \(request-id [\da-f-]{36}, client-request-id [\da-f-]{36}\)\.$/,
    )
    const sent = graph.requests().recent.map(({ clientRequestId }) => clientRequestId)
    expect(sent).toEqual([sent[0], sent[0]])
    expect(message).toContain(`, client-request-id ${sent[0]})`)
  })
})

test.each([
  ['devices', 'deviceManagement', 'DeviceManagementManagedDevices.Read.All'],
  ['members', 'transitiveMembers', 'GroupMember.Read.All and User.Read.All'],
])('names the permission that reading %s needs', async (_title, path, permission) => {
  await withGraph({ world }, async ({ graph, directory }) => {
    graph.faults.order(status(403, { path, count: null }))
    const failure = expect.objectContaining({ code: 'graphDenied', message: expect.stringContaining(permission) })
    const read = path === 'transitiveMembers' ? directory.memberIds('all', null) : directory.intuneDevices(null)
    await expect(read).rejects.toEqual(failure)
  })
})

test('leaves out a member that is no user, and says so', async () => {
  await withGraph({ world }, async ({ graph, directory, logged }) => {
    graph.faults.order({ fault: 'row', row: { '@odata.type': '#microsoft.graph.device', id: 'phone' } })
    expect((await directory.memberIds('all', null)).items).toEqual(everybody)
    expect(logged).toEqual([{ event: 'graph.rowsDropped', fields: { groupId: 'all', rows: 1 } }])
  })
})

test('keeps the page where one row is odd', async () => {
  await withGraph({ world }, async ({ graph, directory }) => {
    graph.faults.order({ fault: 'row', row: { id: 'odd', mail: 7, proxyAddresses: 'x', assignedPlans: [[]] } })
    const { items } = await directory.users(null, [])
    expect(items).toHaveLength(6)
    expect(items[0]).toMatchObject({ id: 'odd', addresses: [], isLicensed: false })
  })
})

async function failureOf(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise
  } catch (thrown) {
    return asAppError(thrown)
  }
  throw new Error('It did not fail.')
}

function shown(failure: AppError): string {
  return `${String(failure)} ${JSON.stringify(failure)} ${inspect(failure, { depth: null, showHidden: false })}`
}
