import { expect, test } from 'vitest'
import { ask, askAll, askPage, idsOf, withSim } from './ask.ts'

const world = {
  users: [1, 2, 3, 4, 5].map((n) => ({ id: `u${n}`, mail: `u${n}@x`, jobTitle: 'x' })),
  groups: [{ id: 'g1', displayName: 'Staff', members: ['u1', 'u2', 'u3', 'u4', 'u5'] }, { id: 'g2' }],
  devices: [{ id: 'e1' }],
}
const user = (id: string): object => ({ '@odata.type': '#microsoft.graph.user', id })
const mails = 'users/delta?$select=id,mail'

test('gives everything over pages, then a link to what changes later', async () => {
  await withSim({ world, deltaPage: 2 }, async (graph) => {
    const first = await askAll(graph, mails)
    expect(first.rows).toEqual(world.users.map(({ id, mail }) => ({ id, mail })))
    expect(first.pages).toBe(3)
    expect((await askAll(graph, first.deltaLink)).rows).toEqual([])
  })
})

test('gives what changed since the link: new, changed, removed; the last state of each, once', async () => {
  await withSim({ world, deltaPage: 2 }, async (graph) => {
    const { deltaLink } = await askAll(graph, mails)
    graph.patch({
      users: [
        { id: 'u2', mail: 'first@x' },
        { id: 'u6', mail: 'u6@x' },
      ],
    })
    graph.patch({
      users: [
        { id: 'U2', mail: 'second@x' },
        { id: 'u3', jobTitle: 'not selected' },
      ],
    })
    graph.remove({ users: ['u4'] })
    graph.remove({ users: ['u5'], permanent: true })
    const round = await askAll(graph, deltaLink)
    expect(round.rows).toEqual([
      { id: 'u2', mail: 'second@x' },
      { id: 'u6', mail: 'u6@x' },
      { id: 'u4', '@removed': { reason: 'changed' } },
      { id: 'u5', '@removed': { reason: 'deleted' } },
    ])
    expect(round.pages).toBe(2)
    expect((await askAll(graph, round.deltaLink)).rows).toEqual([])
    expect((await askAll(graph, deltaLink)).rows).toHaveLength(4)
  })
})

test('gives in the next round what changes while the pages are read', async () => {
  await withSim({ world, deltaPage: 3 }, async (graph) => {
    const first = await askAll(graph, `${mails}&$filter=id eq 'u1' or id eq 'U2'`)
    expect(idsOf(first.rows)).toEqual(['u1', 'u2'])
    const page = await askPage(graph, mails)
    graph.patch({ users: [{ id: 'u1', mail: 'new@x' }] })
    const rest = await askAll(graph, page['@odata.nextLink'] ?? '')
    expect(idsOf(rest.rows)).toEqual(['u4', 'u5'])
    expect((await askAll(graph, rest.deltaLink)).rows).toEqual([{ id: 'u1', mail: 'new@x' }])
    expect((await askAll(graph, first.deltaLink)).rows).toEqual([{ id: 'u1', mail: 'new@x' }])
  })
})

test('a user who is restored is there again', async () => {
  await withSim({ world }, async (graph) => {
    const { deltaLink } = await askAll(graph, mails)
    graph.remove({ users: ['u1'] })
    graph.patch({ users: [{ id: 'u1', mail: 'u1@x' }] })
    expect((await askAll(graph, deltaLink)).rows).toEqual([{ id: 'u1', mail: 'u1@x' }])
  })
})

test('begins without history where only the latest is asked for', async () => {
  await withSim({ world }, async (graph) => {
    const { rows, deltaLink } = await askAll(graph, `${mails}&$deltatoken=latest`)
    expect(rows).toEqual([])
    graph.patch({ users: [{ id: 'u1', mail: 'new@x' }] })
    expect((await askAll(graph, deltaLink)).rows).toEqual([{ id: 'u1', mail: 'new@x' }])
  })
})

test('gives only the changed properties where the client prefers that', async () => {
  await withSim({ world }, async (graph) => {
    const { deltaLink } = await askAll(graph, 'users/delta?$select=id,mail,jobTitle')
    graph.patch({
      users: [
        { id: 'u1', mail: 'new@x' },
        { id: 'u7', mail: 'u7@x' },
      ],
    })
    const answer = await ask(graph, deltaLink, { headers: { prefer: 'return=minimal' } })
    expect(answer.headers.get('preference-applied')).toBe('return=minimal')
    expect(answer.body).toMatchObject({
      value: [
        { id: 'u1', mail: 'new@x' },
        { id: 'u7', mail: 'u7@x', jobTitle: null },
      ],
    })
  })
})

test('gives the members of a large group over several items and pages', async () => {
  await withSim({ world, deltaPage: 2, membersInItem: 2 }, async (graph) => {
    const { rows, pages } = await askAll(graph, 'groups/delta?$select=displayName,members')
    expect(pages).toBe(2)
    expect(rows).toEqual([
      { id: 'g1', displayName: 'Staff', 'members@delta': [user('u1'), user('u2')] },
      { id: 'g1', 'members@delta': [user('u3'), user('u4')] },
      { id: 'g1', 'members@delta': [user('u5')] },
      { id: 'g2', displayName: null },
    ])
  })
})

test('tells who joined and left; of deleted users only those who cannot come back', async () => {
  await withSim({ world }, async (graph) => {
    const { deltaLink } = await askAll(graph, 'groups/delta?$select=members')
    graph.patch({
      groups: [
        { id: 'g1', members: ['u1', 'u2', 'u3', 'u4'] },
        { id: 'g2', members: ['e1'] },
      ],
    })
    graph.remove({ users: ['u1'] })
    graph.remove({ users: ['u2'], permanent: true })
    const gone = { '@removed': { reason: 'deleted' } }
    const type = '#microsoft.graph.user'
    expect((await askAll(graph, deltaLink)).rows).toEqual([
      {
        id: 'g1',
        'members@delta': [
          { '@odata.type': type, id: 'u5', ...gone },
          { '@odata.type': type, id: 'u2', ...gone },
        ],
      },
      { id: 'g2', 'members@delta': [{ '@odata.type': '#microsoft.graph.device', id: 'e1' }] },
    ])
  })
})

test('does not tell of members to those who did not select them', async () => {
  await withSim({ world }, async (graph) => {
    const { rows, deltaLink } = await askAll(graph, 'groups/delta?$select=displayName')
    expect(rows[0]).toEqual({ id: 'g1', displayName: 'Staff' })
    graph.patch({ groups: [{ id: 'g1', members: [] }] })
    expect((await askAll(graph, deltaLink)).rows).toEqual([])
  })
})

test.each(['users/delta()', 'users/microsoft.graph.delta()', 'devices/delta'])('knows %s', async (address) => {
  await withSim({ world }, async (graph) => {
    expect((await askAll(graph, address)).deltaLink).toContain('/delta?$deltatoken=')
  })
})

test('says 410 with a place to begin again when a link is older than seven days', async () => {
  let nowMs = 0
  await withSim({ world, now: () => nowMs }, async (graph) => {
    const { deltaLink } = await askAll(graph, mails)
    nowMs = 7 * 24 * 3_600_000
    expect((await ask(graph, deltaLink)).status).toBe(200)
    nowMs += 1
    const answer = await ask(graph, deltaLink)
    expect(answer).toMatchObject({ status: 410, body: { error: { code: 'resyncRequired' } } })
    expect(answer.headers.get('location')).toBe(`${graph.url}/v1.0/users/delta`)
  })
})

test('says 410 to a link of a world that it does not know', async () => {
  let deltaLink = ''
  await withSim({ world }, async (graph) => {
    graph.patch({ users: [{ id: 'u1', mail: 'new@x' }] })
    deltaLink = (await askAll(graph, mails)).deltaLink
  })
  await withSim({ world }, async (graph) => {
    const answer = await ask(graph, `users/delta${new URL(deltaLink).search}`)
    expect(answer).toMatchObject({ status: 410, body: { error: { code: 'syncStateNotFound' } } })
  })
})

test.each([
  'users/delta?$top=5',
  'users/delta?$orderby=mail',
  'users/delta?$expand=manager',
  "users/delta?$filter=mail eq 'a'",
  `users/delta?$filter=${Array.from({ length: 51 }, () => "id eq 'a'").join(' or ')}`,
  'users/delta?$deltatoken=nonsense',
])('refuses %s', async (address) => {
  await withSim({ world }, async (graph) => {
    expect((await ask(graph, address)).status).toBe(400)
  })
})
