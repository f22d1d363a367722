import { expect, test } from 'vitest'
import * as z from 'zod'
import type { SimulatedGraph } from '../../../sim/graph/startGraph.ts'
import { post, withSim } from './ask.ts'

const world = { users: [{ id: 'u1' }, { id: 'u2' }], managedDevices: [{ id: 'm1', userId: 'u1' }] }
const answers = z.object({
  responses: z.array(
    z.object({ id: z.string(), status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown() }),
  ),
})

const get = (id: string, url: string, more: object = {}): object => ({ id, method: 'GET', url, ...more })
const batch = async (graph: SimulatedGraph, requests: readonly object[]) => {
  const { status, body } = await post(graph, '/v1.0/$batch', { requests })
  expect(status).toBe(200)
  return answers.parse(body).responses
}

test('answers each request for itself, in another order', async () => {
  await withSim({ world }, async (graph) => {
    const responses = await batch(graph, [
      get('1', '/users/u1/managedDevices?$select=id'),
      get('2', 'users/none'),
      get('3', '/users?$select=id&$top=1'),
    ])
    expect(responses.map(({ id, status }) => [id, status])).toEqual([
      ['3', 200],
      ['2', 404],
      ['1', 200],
    ])
    expect(responses[2]?.body).toMatchObject({ value: [{ id: 'm1' }] })
    expect(responses[0]?.body).toMatchObject({ '@odata.nextLink': expect.stringContaining(`${graph.url}/v1.0/users?`) })
    expect(graph.requests()).toMatchObject({ total: 1, inBatches: 3 })
  })
})

test('throttles single requests of a batch', async () => {
  await withSim({ world }, async (graph) => {
    graph.faults.order({ fault: 'status', status: 429, retryAfter: 7, path: 'users/u2' })
    const responses = await batch(graph, [get('1', '/users/u1'), get('2', '/users/u2')])
    expect(responses[0]).toMatchObject({ id: '2', status: 429, headers: { 'retry-after': '7' } })
    expect(responses[1]).toMatchObject({ id: '1', status: 200 })
  })
})

test('does not send what depends on a failure, and so on', async () => {
  await withSim({ world }, async (graph) => {
    const responses = await batch(graph, [
      get('1', '/users/none'),
      get('2', '/users/u1', { dependsOn: ['1'] }),
      get('3', '/users/u1', { dependsOn: ['2'] }),
      get('4', '/users/u1'),
      get('5', '/users/u1', { dependsOn: ['4'] }),
    ])
    expect(responses.map(({ status }) => status).toReversed()).toEqual([404, 424, 424, 200, 200])
  })
})

test('passes headers to the single request', async () => {
  await withSim({ world: { ...world, groups: [{ id: 'g', members: ['u1'] }] } }, async (graph) => {
    const url = '/groups/g/transitiveMembers/microsoft.graph.user?$count=true'
    const [second, first] = await batch(graph, [
      get('1', url),
      get('2', url, { headers: { ConsistencyLevel: 'eventual' } }),
    ])
    expect([first?.status, second?.status]).toEqual([400, 200])
  })
})

const many = (count: number): object[] => Array.from({ length: count }, (_, index) => get(String(index), '/users/u1'))

test('takes twenty', async () => {
  await withSim({ world }, async (graph) => {
    expect(await batch(graph, many(20))).toHaveLength(20)
  })
})

test.each([
  ['more than twenty', { requests: many(21) }],
  ['no list', {}],
  ['an id twice', { requests: [get('1', '/users'), get('1', '/users')] }],
  [
    'a dependency that does not come before',
    { requests: [get('1', '/users', { dependsOn: ['2'] }), get('2', '/users')] },
  ],
  ['an absolute address', { requests: [get('1', 'https://graph.microsoft.com/v1.0/users')] }],
  ['a batch in a batch', { requests: [{ id: '1', method: 'POST', url: '/$batch', body: { requests: [] } }] }],
])('refuses %s', async (_title, body) => {
  await withSim({ world }, async (graph) => {
    expect((await post(graph, '/v1.0/$batch', body)).status).toBe(400)
  })
})
