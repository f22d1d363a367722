/** Reads an upgrade request to the simulated service: which action on which hybrid connection, with which token. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { UpgradeAction } from './faults.ts'
import { applicationQuery, parameter, registeredPath } from './relayPath.ts'

/** `path` is the registered one, `fullPath` the requested one with its suffix; both without `$hc` and outer slashes. */
export type Handshake = {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
  action: UpgradeAction
  path: string
  fullPath: string
  query: URLSearchParams
  host: string
}

export type HandshakeProblem = { status: 400 | 404; text: string }

const actions: readonly UpgradeAction[] = ['listen', 'connect', 'accept', 'request']

/** Unknown action or no `$hc`: 400; no such hybrid connection: 404. */
export function readHandshake(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  paths: string[],
): Handshake | HandshakeProblem {
  const base = `ws://${request.headers.host ?? ''}`
  const target = request.url ?? ''
  if (!URL.canParse(target, base)) return { status: 400, text: 'BadRequest: the URL or the Host header is malformed' }
  const url = new URL(target, base)
  const wanted = parameter(url.searchParams, 'sb-hc-action')?.toLowerCase()
  const action = actions.find((name) => name === wanted)
  const fullPath = /^\/\$hc\/(.+?)\/*$/.exec(url.pathname)?.[1]
  if (fullPath === undefined) return { status: 400, text: 'BadRequest: the path does not start with /$hc/' }
  if (action === undefined) {
    return { status: 400, text: 'BadRequest: sb-hc-action is none of listen, connect, accept, request' }
  }
  const path = registeredPath(fullPath, paths)
  if (path === undefined) return { status: 404, text: 'Endpoint does not exist' }
  return { request, socket, head, action, path, fullPath, query: url.searchParams, host: url.hostname }
}

/** The token of the header, else of the query. */
export function tokenOf({ request, query }: Handshake): string | undefined {
  const header = request.headers['servicebusauthorization']
  return (Array.isArray(header) ? header[0] : header) ?? parameter(query, 'sb-hc-token')
}

/** The status and text of a listener that turns the sender away, in the spelling of the SDKs or of the documentation. */
export function rejectionOf({ query }: Handshake): { status: number; text: string } | undefined {
  const code = parameter(query, 'sb-hc-statusCode') ?? parameter(query, 'statusCode')
  if (code === undefined) return undefined
  const status = /^[45]\d\d$/.test(code) ? Number(code) : 400
  return {
    status,
    text: parameter(query, 'sb-hc-statusDescription') ?? parameter(query, 'statusDescription') ?? 'Rejected',
  }
}

/** The accept message for a waiting sender: its headers as they came (the token too: a listener must filter), suffix and query kept. */
export function acceptMessage(sender: Handshake, id: string, acceptBase: string): string {
  const query = applicationQuery(sender.query)
  query.set('sb-hc-action', 'accept')
  query.set('sb-hc-id', id)
  const { remoteAddress: address, remotePort: port } = sender.request.socket
  return JSON.stringify({
    accept: {
      address: `${acceptBase}/$hc/${sender.fullPath}?${query.toString()}`,
      id,
      connectHeaders: headersAsSent(sender.request.rawHeaders),
      remoteEndpoint: { address, port },
    },
  })
}

function headersAsSent(rawHeaders: string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name, value] = [rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return headers
}
