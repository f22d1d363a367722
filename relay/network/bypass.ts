/** Which hosts are reached without the proxy. Pure. */

/**
 *   entry                           host
 *   contoso.com                     contoso.com itself
 *   .contoso.com, *.contoso.com     everything below contoso.com, not contoso.com itself
 *   10.0.0.5, fd00::5               that address
 *   *                               everything
 *
 * Letter case, a trailing dot and the brackets of an IPv6 address do not matter.
 */
export function isBypassed(host: string, bypass: readonly string[]): boolean {
  const name = plain(host)
  return bypass.map(plain).some((entry) => {
    if (entry === '*') return true
    const suffix = entry.replace(/^\*?\./, '.')
    return suffix.startsWith('.') ? name.endsWith(suffix) : name === entry
  })
}

function plain(host: string): string {
  return host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
