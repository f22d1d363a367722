/** What a person can do about a handshake that failed. Pure. */
import { HandshakeError } from '../../protocol/rendezvousHandshake.ts'
import { ProxyFailure } from '../network/proxyFailure.ts'

/** Undefined: nothing but to wait. `error` is what the handshake with the service, or a proxy before it, was refused with. */
export function remedyFor(error: unknown): string | undefined {
  if (!(error instanceof HandshakeError)) return undefined
  const proxy = proxyFailureIn(error)
  if (proxy !== undefined) return proxy.remedy
  if (error.status !== undefined) return byStatus[error.status]
  return remedyForCode(codeOf(error.cause))
}

/** `code` as Node's errors have it, for names, certificates and connections. */
export function remedyForCode(code: string): string | undefined {
  return byCode[code]
}

export function proxyFailureIn({ cause }: HandshakeError): ProxyFailure | undefined {
  return cause instanceof ProxyFailure ? cause : undefined
}

export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}

const byStatus: Readonly<Record<number, string>> = {
  400: 'A proxy may have removed the Upgrade headers: let the relay pass without inspection.',
  401: "Check the key and this machine's clock; the namespace's IP firewall answers 401 too.",
  403: 'The key or identity lacks the right Listen on this hybrid connection.',
  404: 'No such hybrid connection in this namespace: check the address.',
}

const unknownIssuer =
  'A proxy that inspects TLS issues its own certificates: let the relay pass without inspection, or name its authority in rendezvous.caFile.'

const refused = 'Let this server out to *.servicebus.windows.net:443, or set its proxy with easgate-relay configure.'

const byCode: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  CERT_HAS_EXPIRED: "Check this machine's clock; else whoever issued the certificate must renew it.",
  CERT_NOT_YET_VALID: "Check this machine's clock.",
  ERR_TLS_CERT_ALTNAME_INVALID: 'Another server answered: check DNS, and what inspects TLS on the way.',
  ECONNREFUSED: refused,
  ECONNRESET: 'Something on the way cuts the connection: look at the firewall, and at what inspects TLS.',
  ETIMEDOUT: refused,
  EHOSTUNREACH: refused,
  ENETUNREACH: refused,
  ENOTFOUND: 'The name does not exist for this machine: check the address, DNS, and whether a proxy is needed.',
  EAI_AGAIN: 'No DNS server answered: check DNS, and whether a proxy is needed.',
}
