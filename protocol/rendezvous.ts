/**
 * Addresses, tokens and redaction of the Azure Relay hybrid-connection protocol, for the listener, the sender and the simulator. Pure.
 * Source of every rule: Microsoft Learn "Azure Relay Hybrid Connections protocol" and "Service Bus: Shared Access Signatures".
 */
import { createHmac } from 'node:crypto'

/** The header that carries the token. Preferred to the query parameter `sb-hc-token`, because URLs get logged. */
export const TOKEN_HEADER = 'ServiceBusAuthorization'

/** The application protocol that both ends of a conversation speak once they are joined. */
export const EASGATE_SUBPROTOCOL = 'easgate.v1'

/** A token and when it ends. `expiresAt` in milliseconds since the epoch. */
export type RelayToken = { token: string; expiresAt: number }

/** Gives a token for a resource URI (see `resourceOf`): a SAS token, or the raw JWT of Microsoft Entra ID without "Bearer". */
export type TokenProvider = (resource: string) => Promise<RelayToken>

/**
 * A SAS token. The key is used as text (never base64-decoded) and the signature covers the encoded `sr` byte for byte.
 * `resource` is a URI such as `http://ns.servicebus.windows.net/path/` or any parent of it.
 */
export function sasToken(options: {
  resource: string
  keyName: string
  key: string
  expiresAtSeconds: number
}): string {
  const sr = encodeURIComponent(options.resource)
  const se = String(Math.floor(options.expiresAtSeconds))
  const sig = createHmac('sha256', options.key).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${encodeURIComponent(options.keyName)}`
}

/** A provider that signs a new SAS token at every call. `lifetimeMs` is one hour by default, as in Microsoft's libraries. */
export function sasTokenProvider(options: {
  keyName: string
  key: string
  lifetimeMs?: number
  now?: () => number
}): TokenProvider {
  const { keyName, key, lifetimeMs = 3_600_000, now = Date.now } = options
  return async (resource) => {
    const expiresAtSeconds = Math.floor((now() + lifetimeMs) / 1000)
    return { token: sasToken({ resource, keyName, key, expiresAtSeconds }), expiresAt: expiresAtSeconds * 1000 }
  }
}

/** The URI a token is made for: scheme http, no port, no `$hc`, with a trailing slash, whatever the address looks like. */
export function resourceOf(address: string): string {
  const url = checkedAddress(address)
  return `http://${url.hostname}/${trimSlashes(url.pathname.slice('/$hc/'.length))}/`
}

/** The URL of a listener's control channel. `id` names the listener in traces. */
export function listenUrl(address: string, options: { id?: string } = {}): string {
  return withAction(address, 'listen', options.id)
}

/** The URL a sender dials, once per conversation. `id` comes back to the listener as the conversation's id. */
export function connectUrl(address: string, options: { id?: string } = {}): string {
  return withAction(address, 'connect', options.id)
}

/** The URL that turns a sender away: the accept address with the status and text that the sender shall see. */
export function rejectUrl(acceptAddress: string, statusCode: number, statusDescription: string): string {
  const joint = acceptAddress.includes('?') ? '&' : '?'
  const description = encodeURIComponent(statusDescription)
  return `${acceptAddress}${joint}sb-hc-statusCode=${statusCode}&sb-hc-statusDescription=${description}`
}

/** Takes tokens, signatures, keys and JWTs out of a text (plain or percent-encoded), so that it can be logged or shown. */
export function redact(text: string): string {
  return text
    .replace(/(sb-hc-token=)[^&\s"'<>]*/gi, '$1***')
    .replace(/((?<![a-z])sig(?:=|%(?:25)*3d))[^&\s"'<>]*?(?=&|%(?:25)*26|[\s"'<>]|$)/gi, '$1***')
    .replace(/(SharedAccessKey=)[^;\s"'<>]*/gi, '$1***')
    .replace(/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g, '***')
}

/** The TrackingId that the service puts into its reason phrases; it is what Microsoft's support asks for. */
export function trackingIdOf(reason: string): string | undefined {
  return /TrackingId:\s*([\w-]+)/i.exec(reason)?.[1]
}

/** An address is `wss://host/$hc/path`; plain `ws:` only on this machine, since tokens travel over it. Throws on anything else. */
function checkedAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const problem = url === undefined ? 'it is not a URL' : problemOf(url)
  if (url === undefined || problem !== undefined) {
    throw new TypeError(
      `Relay address ${JSON.stringify(redact(address))} cannot be used: ${problem}. It must look like wss://<namespace>.servicebus.windows.net/$hc/<path>.`,
    )
  }
  return url
}

function problemOf(url: URL): string | undefined {
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:') return `its scheme is ${url.protocol}`
  if (url.protocol === 'ws:' && !isLoopback(url.hostname))
    return 'ws: (no TLS) is allowed on 127.0.0.1 and localhost only'
  if (url.username !== '' || url.password !== '') return 'it carries a user name or password'
  if (!/^\/\$hc\/[^/]/.test(url.pathname)) return 'its path does not start with /$hc/<path>'
  if (/[?&]sb-hc-/i.test(url.search)) return 'it already carries sb-hc- parameters'
  if (url.hash !== '') return 'it has a fragment'
  return undefined
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

function withAction(address: string, action: 'listen' | 'connect', id?: string): string {
  checkedAddress(address)
  const joint = address.includes('?') ? '&' : '?'
  return `${address}${joint}sb-hc-action=${action}${id === undefined ? '' : `&sb-hc-id=${encodeURIComponent(id)}`}`
}

function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '')
}

/** Whether `resourceOf` takes it. */
export function isRelayAddress(address: string): boolean {
  try {
    resourceOf(address)
    return true
  } catch {
    return false
  }
}
