/** The organization's servers as Get-ExchangeServer prints them (facts A9). Pure. */
import { stableGuid } from './stableGuid.ts'
import type { StatedServer } from './world.ts'

export interface Server extends Record<string, unknown> {
  readonly Guid: string
  readonly Name: string
  readonly Fqdn: string
}

/** The servers stated, with what they do not say filled in; one server where the world has none. */
export function serverRows(stated: readonly StatedServer[], domain: string, dialect: string): Server[] {
  const servers = stated.length > 0 ? stated : [{ Name: 'EX1' }]
  return servers.map((server) => {
    const role = server.ServerRole ?? (dialect === 'MobileDevice' ? 'Mailbox' : 'Mailbox, ClientAccess, HubTransport')
    const build = dialect === 'MobileDevice' ? 'Version 15.2 (Build 1544.4)' : 'Version 14.3 (Build 123.4)'
    return {
      Guid: stableGuid(`server ${server.Name}`),
      Edition: 'Standard',
      Site: `${domain}/Configuration/Sites/Default-First-Site-Name`,
      IsClientAccessServer: role.includes('ClientAccess') || dialect === 'MobileDevice',
      IsMailboxServer: role.includes('Mailbox'),
      ...server,
      ServerRole: role,
      AdminDisplayVersion: server.AdminDisplayVersion ?? build,
      Fqdn: server.Fqdn ?? `${server.Name.toLowerCase()}.${domain}`,
    }
  })
}
