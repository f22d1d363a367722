/** Writes what an HTTP function answered to its caller. */
import type { ServerResponse } from 'node:http'
import type { RpcCookie, RpcHttp } from './rpc.ts'

export function sendRpcHttp(response: ServerResponse, http: RpcHttp): void {
  const body = http.body?.bytes ?? Buffer.from(http.body?.string ?? '')
  response.statusCode = Number(http.statusCode ?? 200)
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    // How the bytes travel is the server's business.
    if (!/^(content-length|transfer-encoding|connection)$/i.test(name)) response.setHeader(name, value)
  }
  if (http.cookies && http.cookies.length > 0) response.setHeader('set-cookie', http.cookies.map(cookieText))
  if (![204, 304].includes(response.statusCode)) response.setHeader('content-length', body.length)
  // Node leaves the body of an answer to HEAD out by itself.
  response.end(body)
}

/** An answer of the host itself: a status and nothing else. */
export function sendStatus(response: ServerResponse, status: number): void {
  sendRpcHttp(response, { statusCode: String(status) })
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendRpcHttp(response, {
    statusCode: String(status),
    headers: { 'content-type': 'application/json' },
    body: { string: JSON.stringify(value) },
  })
}

function cookieText(cookie: RpcCookie): string {
  const seconds = cookie.expires?.value?.seconds
  const attributes = [
    ['Domain', cookie.domain?.value],
    ['Path', cookie.path?.value],
    ['Expires', seconds === undefined ? undefined : new Date(seconds * 1000).toUTCString()],
    ['Max-Age', cookie.maxAge?.value],
    ['SameSite', sameSiteText(cookie.sameSite)],
  ]
  const flags = [cookie.secure?.value === true ? '; Secure' : '', cookie.httpOnly?.value === true ? '; HttpOnly' : '']
  const valued = attributes.filter(([, value]) => value !== undefined).map(([name, value]) => `; ${name}=${value}`)
  return [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`, ...valued, ...flags].join('')
}

/** `none` means "say nothing", `explicitNone` means SameSite=None. */
function sameSiteText(sameSite: RpcCookie['sameSite']): string | undefined {
  return { none: undefined, lax: 'Lax', strict: 'Strict', explicitNone: 'None' }[sameSite ?? 'none']
}
