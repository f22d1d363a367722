/** Where Graph is: TLS everywhere but on loopback, where the simulated Graph runs. Pure. */
import { AppError } from '../errors.ts'
import type { GraphEndpoint } from './graphHttp.ts'

/** An origin such as https://graph.microsoft.us. Throws AppError badConfiguration. */
export function parseEndpoint(endpoint: string, hasCredential: boolean): GraphEndpoint {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null
  const isOrigin = url !== null && url.pathname === '/' && url.search === '' && url.username === ''
  if (!isOrigin || !/^https?:$/.test(url.protocol)) {
    throw new AppError(
      'badConfiguration',
      `The Graph endpoint "${endpoint}" is no address such as https://graph.microsoft.com, without a path.`,
    )
  }
  const isLoopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !isLoopback) {
    throw new AppError(
      'badConfiguration',
      `The Graph endpoint ${url.origin} is plain http, which is for loopback only: use https.`,
    )
  }
  if (!hasCredential && !isLoopback) {
    throw new AppError(
      'badConfiguration',
      `The Graph endpoint ${url.origin} needs a credential: only a Graph on loopback goes without.`,
    )
  }
  return { origin: url.origin, isLoopback }
}
