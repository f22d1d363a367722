/** What holds for every operation alike: who may call it, unknown connectors, both versions, unconfigured apps. */
import { describe, expect, test } from 'vitest'
import { roles, type Role } from '../../functions/api/caller.ts'
import { routes } from '../../functions/api/routes.ts'
import { api, graphError } from './apiFixture.ts'

/** A request for the route that gets as far as the operation itself. */
const pathOf = (path: string, connector = 'contoso', version = 'v1.0') =>
  `/${path.replace('{version}', version).replace('{connectorId}', connector).replace('{runId}', 'r1').replace('{fingerprint}', 'ab')}`

const cases = routes.map((route) => [`${route.method} ${route.path}`, route] as const)

describe.each(cases)('%s', (_title, route) => {
  test('answers 401 to nobody', async () => {
    const got = await api().call(route.method, pathOf(route.path), { roles: null })
    expect(got.status).toBe(401)
    expect(got.body).toEqual(graphError('unauthenticated', 'Sign in with Microsoft Entra ID.'))
    expect(got.headers['www-authenticate']).toBe('Bearer')
  })

  const lower = roles[roles.indexOf(route.role) - 1] ?? 'Guest'
  test(`answers 403 to the role ${lower}`, async () => {
    const got = await api().call(route.method, pathOf(route.path), { roles: [lower] })
    expect(got).toMatchObject({
      status: 403,
      body: graphError('accessDenied', `This needs the app role ${route.role}; ask an administrator of easgate.`),
    })
  })

  test(`lets the role ${route.role} in`, async () => {
    const got = await api().call(route.method, pathOf(route.path), { roles: [route.role] })
    expect([200, 202, 204, 400, 404, 409]).toContain(got.status)
  })

  if (route.path.includes('{connectorId}')) {
    test('answers 404 for a connector that is not configured', async () => {
      const got = await api().call(route.method, pathOf(route.path, 'nobody'), { body: {} })
      expect(got).toMatchObject({ status: 404, body: graphError('itemNotFound', 'there is no connector "nobody"') })
    })
  }

  if (route.path.startsWith('{version}')) {
    test('answers the same in beta, and 404 in any other version', async () => {
      const sent = { body: { syncType: 'fullSync' } }
      const [v1, beta] = [
        await api().call(route.method, pathOf(route.path), sent),
        await api().call(route.method, pathOf(route.path, 'contoso', 'beta'), sent),
      ]
      expect(JSON.stringify(beta)).toBe(JSON.stringify(v1).replaceAll('/v1.0/', '/beta/'))
      const v2 = await api().call(route.method, pathOf(route.path, 'contoso', 'v2.0'), sent)
      expect(v2).toMatchObject({
        status: 404,
        body: graphError('itemNotFound', 'There are the versions v1.0 and beta.'),
      })
    })
  }

  test('answers 503 with every problem when the app is not configured, to whoever may call it', async () => {
    const wrong = { problems: ['A is missing; set it', 'B is wrong; mend it'], connectors: [] }
    const got = await api([], wrong).call(route.method, pathOf(route.path))
    expect(got.status).toBe(503)
    expect(got.body).toEqual(
      graphError('serviceNotAvailable', 'The app is not configured: A is missing; set it. B is wrong; mend it.'),
    )
    expect((await api([], wrong).call(route.method, pathOf(route.path), { roles: null })).status).toBe(401)
  })
})

const of = (wanted: Role) => routes.filter(({ role }) => role === wanted)

test('changing the policy, the relays, a phone and the connector’s life is for Admin, acting for Operator, reading for Reader', () => {
  const shown = (role: Role) => of(role).map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)
  expect(shown('Operator')).toEqual([
    'POST sync',
    'PUT {recordGuid}',
    'DELETE {recordGuid}',
    'POST approve',
    'POST reject',
    'DELETE {recordGuid}',
    'POST activationLink',
    'POST preview',
    'POST whatIf',
    'POST approve',
    'POST reject',
    'POST preview',
  ])
  expect(shown('Admin')).toEqual([
    'PATCH conditionalAccessSettings',
    'PATCH exchangeOnPremisesPolicy',
    'PATCH {connectorId}',
    'PATCH conditionalAccessSettings',
    'POST retire',
    'POST reinstate',
    'POST joinFile',
    'PATCH settings',
    'POST preview',
    'POST adopt',
    'POST wipe',
    'POST cancelWipe',
    'POST remove',
    'POST stale',
    'POST handOver',
    'POST approve',
    'POST reject',
    'POST test',
  ])
  expect(new Set(of('Reader').map(({ method }) => method))).toEqual(new Set(['GET']))
})

test('no two operations have the same name, or the same method and path', () => {
  expect(new Set(routes.map(({ name }) => name.toLowerCase())).size).toBe(routes.length)
  const shapes = routes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '*').toLowerCase()}`)
  expect(new Set(shapes).size).toBe(routes.length)
})
