/** Which servers of the organization may stand in for the configured one, best first (facts A1, A9). Pure. */
import { isSame } from './serverRing.ts'

/** One row of Get-ExchangeServer, as it came. */
export type ServerRow = Readonly<Record<string, unknown>>

/*
 *   version          serves clients when its ServerRole contains
 *   14, 15.0         ClientAccess
 *   15.1 and later   Mailbox (there the Mailbox role is the client-access server, too)
 *
 *   a row                                                          may stand in
 *   without Fqdn or readable version                               no
 *   with the Edge role                                             never: it has no directory of the organization
 *   of an older product than the primary                           no: a 2010 server does not see mailboxes of 2013
 *   of the newest product, when the primary is not in the list     yes (it is an alias, so its product is not known)
 *   the primary itself                                             no
 *
 * Order: the primary's site first, then the primary's own product, then by name.
 */
export function eligibleServers(rows: readonly ServerRow[], primary: string): string[] {
  const servers = rows.flatMap((row) => toServer(row) ?? [])
  const own = servers.find(({ fqdn, name }) => isSame(fqdn, primary) || isSame(name, primary))
  const oldest = own?.product ?? Math.max(...servers.map(({ product }) => product))
  return servers
    .filter((server) => server !== own && server.servesClients && server.product >= oldest)
    .toSorted((a, b) => rank(a, own) - rank(b, own) || (a.fqdn < b.fqdn ? -1 : 1))
    .map(({ fqdn }) => fqdn)
}

interface Server {
  readonly fqdn: string
  readonly name: string
  readonly site: string
  /** 14, 15, 15.1, 15.2: the number by which products are told apart and ordered. */
  readonly product: number
  readonly servesClients: boolean
}

function toServer(row: ServerRow): Server | undefined {
  const fqdn = textOf(row['Fqdn'])
  const product = productOf(textOf(row['AdminDisplayVersion']))
  if (fqdn === '' || product === undefined) return undefined
  const roles = rolesOf(row['ServerRole'])
  const isEdge = roles.has('edge') || textOf(row['ServerRole']).toLowerCase().includes('edge')
  const servesClients = !isEdge && roles.has(product >= 15.1 ? 'mailbox' : 'clientaccess')
  return { fqdn, name: textOf(row['Name']), site: textOf(row['Site']), product, servesClients }
}

/** "Version 15.1 (Build 2507.6)" is 15.1; of 14 the second number is the service pack and does not count. */
function productOf(version: string): number | undefined {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined || minor === undefined) return undefined
  return Number(major) < 15 ? Number(major) : Number(`${major}.${minor}`)
}

const flags = { mailbox: 2, clientaccess: 4, edge: 64 } as const

/** Names, or the number that the enumeration stands for: it depends on the path which of them arrives (facts B). */
function rolesOf(value: unknown): ReadonlySet<string> {
  const text = Array.isArray(value) ? value.map(textOf).join(',') : textOf(value)
  if (!/^\d+$/.test(text)) return new Set(text.toLowerCase().split(/[\s,]+/))
  const number = Number(text)
  return new Set(Object.entries(flags).flatMap(([name, flag]) => ((number & flag) === 0 ? [] : [name])))
}

function rank(server: Server, own: Server | undefined): number {
  if (!own) return 0
  return (isSame(server.site, own.site) ? 0 : 2) + (server.product === own.product ? 0 : 1)
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
}
