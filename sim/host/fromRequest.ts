/** Converts a request into what an HTTP trigger receives. */
import type { IncomingMessage } from 'node:http'
import type { RpcHttp } from './rpc.ts'
import type { RouteParams } from './route.ts'

/** Azure's own limit (host.json maxRequestBodySize of Kestrel): 100 MiB. */
const maxBodyBytes = 100 * 1024 * 1024

export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

/**
 * Method, URL, headers, query, route parameters and body. Two surprises are Azure's: a repeated query parameter arrives joined by
 * commas, and a body without Content-Length (chunked) does not arrive at all; the latter is told to `warn`.
 */
export async function fromRequest(
  request: IncomingMessage,
  params: RouteParams,
  warn: (message: string) => void,
): Promise<RpcHttp> {
  const url = urlOf(request)
  const body = await readBody(request)
  const withLength = request.headers['content-length'] !== undefined
  if (body.length > 0 && !withLength)
    warn(`${body.length} bytes of body were dropped: Azure hands a function no body without Content-Length`)
  return {
    method: request.method ?? 'GET',
    url: url.href,
    headers: headersOf(request),
    query: queryOf(url.searchParams),
    params,
    ...(withLength && body.length > 0 ? { body: { bytes: body } } : {}),
  }
}

function urlOf(request: IncomingMessage): URL {
  const asSent = `http://${request.headers.host}${request.url ?? '/'}`
  return URL.canParse(asSent) ? new URL(asSent) : new URL(`http://localhost${request.url ?? '/'}`)
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    headers[name] = (values ?? []).join(name === 'cookie' ? '; ' : ', ')
  }
  return headers
}

function queryOf(search: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(search.keys())].map((name) => [name, search.getAll(name).join(',')]))
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new BodyTooLarge(`the body of ${request.url} is larger than ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
