import { expect, test } from 'vitest'
import { ask, askPage, idsOf, post, withSim } from './ask.ts'

const world = {
  users: [{ id: 'u1', mail: 'a@x' }],
  managedDevices: [{ id: 'm1', complianceState: 'compliant', model: 'iPhone' }],
}

test('merges a patch by id, null included, and adds what is new', async () => {
  await withSim({ world }, async (graph) => {
    const patch = { managedDevices: [{ id: 'M1', complianceState: 'noncompliant', model: null }, { id: 'm2' }] }
    expect((await post(graph, '/_sim/patch', patch)).status).toBe(204)
    const { value } = await askPage(graph, 'deviceManagement/managedDevices?$select=id,complianceState,model')
    expect(value).toEqual([
      { id: 'm1', complianceState: 'noncompliant', model: null },
      { id: 'm2', complianceState: 'unknown', model: null },
    ])
  })
})

test('removes by id', async () => {
  await withSim({ world }, async (graph) => {
    expect((await post(graph, '/_sim/remove', { users: ['U1'] })).status).toBe(204)
    expect((await askPage(graph, 'users')).value).toEqual([])
    expect((await ask(graph, 'users/u1')).status).toBe(404)
  })
})

test.each([
  ['patch', { people: [] }, 'people'],
  ['patch', { users: [{ mail: 'a@x' }] }, 'users[0].id'],
  ['patch', { users: [{ id: 'a' }, { id: 'A' }] }, 'comes twice'],
  ['remove', { users: ['u1', 'nobody'] }, 'nobody'],
  ['remove', { users: 'u1' }, 'users'],
  ['faults', { fault: 'unknown' }, 'fault'],
  ['faults', { fault: 'status', status: 200 }, 'status'],
  ['faults', { fault: 'reset', often: 1 }, 'often'],
])('refuses the %s %j, names what is wrong and changes nothing', async (route, body, named) => {
  await withSim({ world }, async (graph) => {
    const answer = await post(graph, `/_sim/${route}`, body)
    expect(answer.status).toBe(400)
    expect(JSON.stringify(answer.body)).toContain(named)
    expect(idsOf((await askPage(graph, 'users')).value)).toEqual(['u1'])
  })
})

test('breaks what it is told to break, as often as it is told, and where', async () => {
  await withSim({ world }, async (graph) => {
    const orders = [
      { fault: 'status', status: 503, path: 'users', after: 1, count: 2, retryAfter: 9 },
      { fault: 'malformed', path: 'groups' },
    ]
    expect((await post(graph, '/_sim/faults', orders)).status).toBe(204)
    const statuses: number[] = []
    for (let times = 0; times < 4; times += 1) statuses.push((await ask(graph, 'users')).status)
    expect(statuses).toEqual([200, 503, 503, 200])
    await expect(ask(graph, 'groups')).rejects.toThrow(SyntaxError)
    expect((await ask(graph, 'groups')).status).toBe(200)
  })
})

test('forgets the faults that are not used up', async () => {
  await withSim({ world }, async (graph) => {
    await post(graph, '/_sim/faults', { fault: 'status', status: 500, count: null })
    expect((await ask(graph, 'users')).status).toBe(500)
    await post(graph, '/_sim/faults', undefined, 'DELETE')
    expect((await ask(graph, 'users')).status).toBe(200)
  })
})

test('counts what was asked, without its own routes', async () => {
  await withSim({ world }, async (graph) => {
    await ask(graph, 'users?$select=id')
    await ask(graph, 'users/none', { headers: { 'client-request-id': 'mine' } })
    const { body } = await ask(graph, `${graph.url}/_sim/requests`)
    expect(body).toEqual({
      total: 2,
      inBatches: 0,
      byPath: { 'GET /v1.0/users': 1, 'GET /v1.0/users/none': 1 },
      recent: [
        { method: 'GET', address: '/v1.0/users?$select=id', status: 200, isInBatch: false, clientRequestId: null },
        { method: 'GET', address: '/v1.0/users/none', status: 404, isInBatch: false, clientRequestId: 'mine' },
      ],
    })
    expect((await post(graph, '/_sim/requests', undefined, 'DELETE')).status).toBe(204)
    expect(graph.requests().total).toBe(0)
  })
})
