/** An independent witness: Microsoft's own client pages through the simulated Graph. */
import {
  AuthenticationHandler,
  BatchRequestContent,
  BatchResponseContent,
  Client,
  HTTPMessageHandler,
  PageIterator,
  RetryHandler,
  type Context,
  type Middleware,
} from '@microsoft/microsoft-graph-client'
import { expect, test } from 'vitest'
import type { SimulatedGraph } from '../../../sim/graph/startGraph.ts'
import { withSim } from './ask.ts'

const numbers = Array.from({ length: 2500 }, (_, index) => index + 1)
const world = {
  users: numbers.map((n) => ({ id: `u${n}` })),
  groups: [{ id: 'all', members: numbers.map((n) => `u${n}`) }],
  managedDevices: numbers.map((n) => ({ id: `m${n}` })),
}

/** The client knows links with https only: so it is told that there is TLS, and its last step goes without. */
class WithoutTls implements Middleware {
  readonly #last = new HTTPMessageHandler()

  async execute(context: Context): Promise<void> {
    const { request, options } = context
    const address = typeof request === 'string' ? request : request.url
    const headers = { ...Object(options?.headers), 'x-forwarded-proto': 'https' }
    context.request = address.replace('https://', 'http://')
    context.options = { ...options, headers }
    await this.#last.execute(context)
  }
}

const clientOf = (graph: SimulatedGraph): Client => {
  const token = new AuthenticationHandler({ getAccessToken: async () => 'good' })
  const retry = new RetryHandler()
  token.setNext(retry)
  retry.setNext(new WithoutTls())
  return Client.initWithMiddleware({
    baseUrl: `https://127.0.0.1:${graph.port}/`,
    customHosts: new Set(['127.0.0.1']),
    middleware: token,
  })
}

test.each([
  ['/users?$top=999', {}, 'u', 3],
  ['/users?$select=id', {}, 'u', 25],
  ['/deviceManagement/managedDevices', {}, 'm', 3],
  ['/groups/all/transitiveMembers/microsoft.graph.user?$count=true&$top=500', { ConsistencyLevel: 'eventual' }, 'u', 5],
  ['/users/delta?$select=id', {}, 'u', 13],
])('reads every object of %s', async (path, headers, letter, requests) => {
  await withSim({ world, requireToken: 'good' }, async (graph) => {
    const client = clientOf(graph)
    const first = await client.api(path).headers(headers).get()
    const seen: string[] = []
    const collect = (row: { id: string }): boolean => seen.push(row.id) > 0
    const iterator = new PageIterator(client, first, collect, { headers })
    await iterator.iterate()
    expect(seen).toEqual(numbers.map((n) => `${letter}${n}`))
    expect(graph.requests().total).toBe(requests)
    expect(iterator.getDeltaLink() === undefined).toBe(!path.includes('delta'))
  })
})

test('waits as long as it is told and asks again', async () => {
  await withSim({ world, requireToken: 'good' }, async (graph) => {
    graph.faults.order({ fault: 'status', status: 429, retryAfter: 0.001 })
    expect(await clientOf(graph).api('/users/u1').select('id').get()).toMatchObject({ id: 'u1' })
    expect(graph.requests().recent.map(({ status }) => status)).toEqual([429, 200])
  })
})

test('understands the error body', async () => {
  await withSim({ world, requireToken: 'good' }, async (graph) => {
    const failure = clientOf(graph).api('/groups/none/members').get()
    await expect(failure).rejects.toMatchObject({
      statusCode: 404,
      code: 'Request_ResourceNotFound',
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
    })
  })
})

test('finds its answers in a batch', async () => {
  await withSim({ world, requireToken: 'good' }, async (graph) => {
    const content = new BatchRequestContent([
      { id: '1', request: new Request('https://graph.microsoft.com/users/u1') },
      { id: '2', request: new Request('https://graph.microsoft.com/users/none') },
    ])
    const answer = new BatchResponseContent(
      await clientOf(graph)
        .api('/$batch')
        .post(await content.getContent()),
    )
    expect(answer.getResponseById('1').status).toBe(200)
    expect(answer.getResponseById('2').status).toBe(404)
  })
})
