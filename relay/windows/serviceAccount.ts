/** The accounts that the relay can run as on Windows, and what each needs. Pure. */

/*
 * account                              | logon          | password
 * CONTOSO\easgate$ (gMSA)              | Password       | none: Windows keeps it
 * NT AUTHORITY\NETWORK SERVICE, SYSTEM | ServiceAccount | none
 * CONTOSO\easgate, easgate@contoso.com | Password       | asked for
 */
export interface ServiceAccount {
  readonly name: string
  readonly logon: 'Password' | 'ServiceAccount'
  readonly needsPassword: boolean
}

const builtIn = /^(NT AUTHORITY\\)?(NETWORK ?SERVICE|SYSTEM|LOCAL ?SYSTEM)$/i
const domainName = /^[^\\/"[\]:;|=,+*?<>@\s][^\\/"[\]:;|=,+*?<>@]*\\[^\\/"[\]:;|=,+*?<>@]+$/
const principalName = /^[^\s@\\]+@[^\s@\\]+$/

/** Undefined for a text that is no account. */
export function serviceAccount(name: string): ServiceAccount | undefined {
  if (builtIn.test(name)) return { name: builtInName(name), logon: 'ServiceAccount', needsPassword: false }
  if (!domainName.test(name) && !principalName.test(name)) return undefined
  return { name, logon: 'Password', needsPassword: !name.endsWith('$') }
}

function builtInName(name: string): string {
  return /NETWORK/i.test(name) ? 'NT AUTHORITY\\NETWORK SERVICE' : 'NT AUTHORITY\\SYSTEM'
}

/** True when Windows calls the same account by both names, as far as names can tell. */
export function isSameAccount(one: string, other: string): boolean {
  return plain(one) === plain(other)
}

function plain(name: string): string {
  const known = name.replace(/^\.\\/, '').replace(/\s/g, '').toLowerCase()
  return known === 'localsystem' || known === 'system' ? 'ntauthority\\system' : known
}
