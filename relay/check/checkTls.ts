/** Step: the namespace shows a certificate that is trusted and still good; and who issued it, since a proxy that inspects TLS shows its own. */
import type { DetailedPeerCertificate } from 'node:tls'
import { remedyForCode } from '../rendezvous/remedyFor.ts'
import { bad, good, known, warning, type CheckContext, type Finding } from './checkStep.ts'
import { secured } from './dialNamespace.ts'

const dayMs = 24 * 3_600_000
/** Whoever renews it, renews it earlier. */
const shortMs = 7 * dayMs
const microsoftDomains = /\.servicebus\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)$/i
const microsoftIssuers = /microsoft|digicert/i

/*
 * the certificate                                      | finding
 * not trusted, expired, of another name                | bad, by its reason
 * trusted, of a Microsoft domain, issued by another    | warning: somebody inspects TLS
 * trusted, ends within a week                          | warning
 * trusted                                              | good
 */
export async function checkTls(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const network = known(context, 'network')
  if (!network.isTls) return good('not used: the address is on this machine (ws:)')
  const socket = await secured(network, signal)
  const certificate = socket.getPeerCertificate(true)
  const { authorized, authorizationError } = socket
  const version = socket.getProtocol() ?? 'TLS'
  socket.destroy()
  const issuers = issuersOf(certificate)
  const ends = new Date(certificate.valid_to)
  const said = `${version}, certificate of ${nameOf(certificate.subject)} issued by ${issuers.join(', by ')}, valid until ${ends.toISOString().slice(0, 10)}`
  if (!authorized) {
    const code = String(authorizationError)
    return bad(
      `${said}: ${code}`,
      remedyForCode(code) ?? 'Look at what answers for the namespace, and at rendezvous.caFile.',
    )
  }
  if (microsoftDomains.test(network.host) && !issuers.some((issuer) => microsoftIssuers.test(issuer))) {
    return warning(
      `${said}: not by Microsoft, so something on the way inspects TLS`,
      'Let *.servicebus.windows.net pass without inspection: it breaks long-lived connections, and it reads along.',
    )
  }
  if (ends.getTime() - context.now() < shortMs)
    return warning(`${said}: that is soon`, 'Whoever issued it must renew it.')
  return good(said)
}

/** From the certificate's own issuer up to the root, as far as it is known. */
function issuersOf(certificate: DetailedPeerCertificate): string[] {
  const names: string[] = []
  let current: DetailedPeerCertificate | undefined = certificate
  while (current !== undefined && names.length < 10) {
    const name = nameOf(current.issuer)
    if (names.includes(name)) break
    names.push(name)
    current = current.issuerCertificate === current ? undefined : current.issuerCertificate
  }
  return names
}

function nameOf({ CN, O }: { CN?: string | string[]; O?: string | string[] } = {}): string {
  const [name, organization] = [CN, O].map((part) => (Array.isArray(part) ? part.join(' ') : part))
  if (name === undefined) return organization ?? 'nobody'
  return organization === undefined ? name : `${name} (${organization})`
}
