/** Who may call what over HTTP: the function keys of Azure, reduced to one key for everything. */
import type { IncomingMessage } from 'node:http'
import type { AuthLevel } from './localFunction.ts'

/**
 * Anonymous functions are open. For the others the key, when the host was given one, must come in the header `x-functions-key` or
 * as `?code=`; without one everybody on this machine may call (the server listens on loopback only), as with `func start`.
 */
export function isAllowed(request: IncomingMessage, level: AuthLevel, key: string | undefined): boolean {
  if (level === 'anonymous' || key === undefined) return true
  const code = new URLSearchParams((request.url ?? '').split('?').slice(1).join('?')).get('code')
  return request.headers['x-functions-key'] === key || code === key
}
