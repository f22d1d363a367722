/** What the faults make of a reply, before it is put on the wire. */
import { errorBody } from './graphError.ts'
import type { Fault } from './faults.ts'
import { rootOf, type GraphReply, type GraphRequest } from './request.ts'

const codes: Readonly<Record<number, string>> = {
  401: 'InvalidAuthenticationToken',
  403: 'Authorization_RequestDenied',
  404: 'Request_ResourceNotFound',
  410: 'resyncRequired',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  502: 'BadGateway',
  503: 'serviceNotAvailable',
  504: 'GatewayTimeout',
  509: 'BandwidthLimitExceeded',
}

/** The reply that a status fault gives instead of the true one. */
export function statusReply(fault: Extract<Fault, { fault: 'status' }>, request: GraphRequest): GraphReply {
  const { status, code = codes[status] ?? 'UnknownError', retryAfter, asDate, claims } = fault
  const date = new Date(Date.now() + (retryAfter ?? 0) * 1000).toUTCString()
  const headers = {
    ...(retryAfter === undefined ? {} : { 'retry-after': asDate === true ? date : String(retryAfter) }),
    ...(claims === undefined ? {} : { 'www-authenticate': challenge(claims) }),
    ...(status === 410 ? { location: `${rootOf(request)}/${request.path.join('/')}` } : {}),
  }
  return { status, headers, body: errorBody(code, 'Ordered from the simulator.') }
}

function challenge(claims: string): string {
  return `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`
}

/** A page with one thing wrong; other replies and faults go through unchanged. */
export function spoilPage(fault: Fault, reply: GraphReply, request: GraphRequest): GraphReply {
  const body = reply.body
  if (!isPage(body)) return reply
  const { value, ...rest } = body
  const withBody = (changed: unknown): GraphReply => ({ ...reply, body: changed })
  switch (fault.fault) {
    case 'noValue':
      return withBody(rest)
    case 'row':
      return withBody({ ...body, value: [fault.row, ...value] })
    case 'emptyPage':
      return withBody({ ...withNext(rest, again(request)), value: [] })
    case 'repeatPage':
      return withBody({ ...withNext(rest, again(request)), value })
    case 'sameLink':
      return withBody({ ...withNext(rest, request.url.href), value })
    case 'foreignLink':
      return withBody({ ...withNext(rest, foreign(rest['@odata.nextLink'] ?? request.url.href, fault.origin)), value })
    default:
      return reply
  }
}

type PageBody = { value: unknown[]; '@odata.nextLink'?: string }

function isPage(body: unknown): body is PageBody {
  return typeof body === 'object' && body !== null && 'value' in body && Array.isArray(body.value)
}

function withNext(body: object, link: string): object {
  const { '@odata.deltaLink': _none, ...rest } = { '@odata.deltaLink': undefined, ...body }
  return { ...rest, '@odata.nextLink': link }
}

/** Another address of the same page. */
function again(request: GraphRequest): string {
  return `${request.url.href}${request.url.search === '' ? '?' : '&'}again=1`
}

function foreign(link: string, origin: string): string {
  const url = new URL(link)
  return `${new URL(origin).origin}${url.pathname}${url.search}`
}
