/** Which mailboxes the policy is for, beside its groups: by organizational unit and by mailbox server (row 4). Pure. */
import type { Mailbox } from './types.ts'

/** An empty list leaves nobody out; where both name something, both must fit. */
export interface Scope {
  /** Distinguished names; a mailbox below one of them fits. */
  readonly organizationalUnits: readonly string[]
  /** As Exchange shows them (Get-CASMailbox, ServerName). */
  readonly servers: readonly string[]
}

/*
 * mailbox                               | answer
 * no list names anything                | inside
 * in none of the units that are named   | outside
 * on none of the servers that are named | outside
 * server not told, servers are named    | unknown: missing data takes nothing away
 * else                                  | inside
 */
export function scopeOf(
  mailbox: Mailbox | null,
  { organizationalUnits, servers }: Scope,
): 'inside' | 'outside' | 'unknown' {
  if (organizationalUnits.length === 0 && servers.length === 0) return 'inside'
  if (!mailbox) return 'unknown'
  if (organizationalUnits.length > 0 && !organizationalUnits.some((unit) => isBelow(mailbox.dn, unit))) return 'outside'
  if (servers.length === 0) return 'inside'
  if (mailbox.serverName === null) return 'unknown'
  const own = mailbox.serverName.toLowerCase()
  return servers.some((server) => server.toLowerCase() === own) ? 'inside' : 'outside'
}

function isBelow(dn: string, unit: string): boolean {
  const [parts, above] = [partsOf(dn), partsOf(unit)]
  const first = parts.length - above.length
  return first > 0 && above.every((part, index) => parts[first + index] === part)
}

/** The parts of a distinguished name in lower case. A comma behind a backslash belongs to its part. */
export function partsOf(dn: string): string[] {
  const parts = dn.match(/(?:[^\\,]|\\.)+/gs) ?? []
  return parts.map((part) => part.trim().toLowerCase())
}
