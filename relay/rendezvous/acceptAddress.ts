/** Whether an accept address may be dialled: a forged one must not lead the relay, which sits inside the company's network, elsewhere. Pure. */

/** The problem with it, or undefined. The scheme must be that of our own address; the host at or under the allowed suffix. */
export function acceptAddressProblem(
  acceptAddress: string,
  own: { address: string; allowedHostSuffix: string },
): string | undefined {
  if (!URL.canParse(acceptAddress)) return 'it is not a URL'
  const url = new URL(acceptAddress)
  const { protocol } = new URL(own.address)
  if (url.protocol !== protocol) return `its scheme is ${url.protocol}, not ${protocol}`
  if (url.username !== '' || url.password !== '') return 'it carries a user name or password'
  if (!url.pathname.startsWith('/$hc/')) return 'its path does not start with /$hc/'
  const suffix = own.allowedHostSuffix.toLowerCase().replace(/^\./, '')
  const isInside = url.hostname === suffix || url.hostname.endsWith(`.${suffix}`)
  return isInside ? undefined : `its host ${url.hostname} is not under ${suffix}`
}
