import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eligibleServers } from '../../../relay/servers/eligibleServers.ts'

const [v14, v150, v151, v152] = ['14.3', '15.0', '15.1', '15.2'].map((version) => `Version ${version} (Build 123.4)`)
const server = (Name: string, AdminDisplayVersion: string | undefined, ServerRole: unknown, Site = 'here') => ({
  Name,
  Fqdn: `${Name}.contoso.com`,
  AdminDisplayVersion,
  ServerRole,
  Site,
})
const main = (name: string, version: string | undefined, site?: string) =>
  server(name, version, 'Mailbox, ClientAccess', site)

test.each<[string, Record<string, unknown>[], string[]]>([
  ['2013: with the ClientAccess role', [server('b', v150, 'Mailbox, ClientAccess')], ['b']],
  ['2013: not with the Mailbox role alone', [server('b', v150, 'Mailbox')], []],
  ['2016: with the Mailbox role', [server('b', v151, 'Mailbox')], ['b']],
  ['2019: with the Mailbox role', [server('b', v152, 'Mailbox')], ['b']],
  ['2010: never for a 2013 primary', [main('b', v14)], []],
  ['an Edge server never', [server('b', v151, 'Edge'), server('c', v151, 'Mailbox, Edge')], []],
  [
    'roles as numbers',
    [server('b', v150, 6), server('c', v150, '4'), server('d', v150, 2), server('e', v151, 66)],
    ['b', 'c'],
  ],
  ['roles as a list', [server('b', v150, ['Mailbox', 'ClientAccess'])], ['b']],
  ['without a readable version no', [server('b', undefined, 'Mailbox'), server('c', 'new', 'Mailbox')], []],
  [
    'without a name no',
    [
      { ...main('b', v151), Fqdn: '' },
      { ...main('b', v151), Fqdn: null },
    ],
    [],
  ],
  ['same site first, then same product, then by name', order(), ['f', 'd', 'e', 'b', 'c']],
])('%s', (_title, others, expected) => {
  const names = eligibleServers([main('a', v150), ...others], 'A.contoso.com').map((fqdn) => fqdn.split('.')[0])
  expect(names).toEqual(expected)
})

function order(): Record<string, unknown>[] {
  return [main('c', v151, 'far'), main('b', v150, 'far'), main('e', v152), main('d', v151), main('f', v150)]
}

test('the primary is found by its short name, too, and its service pack does not matter', () => {
  const rows = [main('a', 'Version 14.3 (Build 1)'), main('b', 'Version 14.2 (Build 1)')]
  expect(eligibleServers(rows, 'a')).toEqual(['b.contoso.com'])
})

test('when the primary is an alias, only the newest product may stand in', () => {
  const rows = [main('a', v14), main('b', v150), main('c', v152), main('d', v152)]
  expect(eligibleServers(rows, 'mail.contoso.com')).toEqual(['c.contoso.com', 'd.contoso.com'])
  expect(eligibleServers([], 'mail.contoso.com')).toEqual([])
})

test('whatever Exchange says: never the primary, never Edge, never older, and each once', () => {
  const version = fc.constantFrom(14, 15, 15.1, 15.2)
  const row = fc.record({
    Name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    product: version,
    role: fc.constantFrom('Mailbox', 'ClientAccess', 'Mailbox, ClientAccess', 'Edge', 'HubTransport', '64', '38'),
    Site: fc.constantFrom('here', 'far'),
  })
  const rows = fc.uniqueArray(row, { selector: ({ Name }) => Name })
  fc.assert(
    fc.property(rows, (all) => {
      const told = all.map(({ Name, product, role, Site }) =>
        server(Name, `Version ${product === 15 ? '15.0' : product} (Build 1)`, role, Site),
      )
      const own = all.find(({ Name }) => Name === 'a')
      const chosen = eligibleServers(told, 'a.contoso.com').map((fqdn) => all.find(({ Name }) => fqdn.startsWith(Name)))
      expect(new Set(chosen).size).toBe(chosen.length)
      for (const one of chosen) {
        expect(one?.Name).not.toBe('a')
        expect(one?.role).not.toMatch(/Edge|64/)
        if (own) expect(one?.product).toBeGreaterThanOrEqual(own.product)
      }
    }),
  )
})
