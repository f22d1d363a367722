/** What a proxy did instead of connecting us, told apart from what the service behind it says. */

/** `status`: what it answered to CONNECT, if it answered. `schemes`: the ways to authenticate that it offered with a 407. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure'
  readonly status: number | undefined
  readonly schemes: readonly string[]
  readonly remedy: string

  constructor(
    message: string,
    options: { status?: number; schemes?: readonly string[]; hasAccount: boolean; cause?: unknown },
  ) {
    super(message, { cause: options.cause })
    this.status = options.status
    this.schemes = options.schemes ?? []
    this.remedy = remedyFor(options.status, this.schemes, options.hasAccount)
  }
}

/**
 *   proxy                             | remedy
 *   no answer, reset, no such name    | its address
 *   407 with Basic, no account here   | give one
 *   407 with Basic, account here      | it is wrong
 *   407 without Basic                 | a way past the proxy's authentication
 *   401                               | as 407: what tinyproxy says to a wrong password
 *   403                               | its rules
 *   other                             | the proxy's own way out
 */
function remedyFor(status: number | undefined, schemes: readonly string[], hasAccount: boolean): string {
  if (status === undefined) return 'Check proxy.address, and that the proxy runs and lets this server in.'
  if (status === 403) return 'The proxy forbids it: allow CONNECT to *.servicebus.windows.net:443 for this server.'
  if (status !== 407 && status !== 401)
    return 'The proxy itself could not get there: look at its log, its DNS and its way to the internet.'
  const offersBasic = schemes.some((scheme) => scheme.toLowerCase() === 'basic')
  if (schemes.length > 0 && !offersBasic) {
    return `The proxy wants ${schemes.join(' or ')}, the relay speaks Basic: allow this server to *.servicebus.windows.net:443 without authentication, or run an authenticating proxy such as px beside it.`
  }
  return hasAccount
    ? 'The proxy refused the account: correct proxy.account with easgate-relay configure.'
    : 'The proxy wants credentials: give it an account with easgate-relay configure.'
}
