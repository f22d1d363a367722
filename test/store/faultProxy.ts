/** An HTTP proxy in front of a real Azurite that does what the real service does on a bad day, and Azurite never does. */
import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * busy: 503 without asking Azurite. refused: 400 likewise. lostAnswer: Azurite does it, the answer is cut off. silence: nothing, ever. half: the answer stops in the middle and stays open. shortPage: a query gets
 * three rows at most. emptyPage: a query gets no row, and a token to go on with.
 */
export type Fault = 'busy' | 'refused' | 'lostAnswer' | 'silence' | 'half' | 'shortPage' | 'emptyPage'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly body: string
  /** The client sends the same request with the same id again. */
  readonly isRepeated: boolean
}

export interface FaultProxy {
  readonly url: string
  /** Asked for every request; null: let it through. */
  choose: (request: Asked) => Fault | null
  /** Requests that have come and are not answered yet. */
  readonly open: number
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const upstream = new URL(target)
  const state: State = { choose: () => null, open: 0, seen: new Set(), held: new Map() }
  const server = createServer((request, response) => {
    state.open += 1
    response.once('close', () => (state.open -= 1))
    handle(upstream, state, request, response).catch((error: unknown) => response.destroy(asError(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${portOf(server.address())}${upstream.pathname}`,
    get choose() {
      return state.choose
    },
    set choose(choose) {
      state.choose = choose
    },
    get open() {
      return state.open
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface State {
  choose: FaultProxy['choose']
  open: number
  /** Ids of requests. */
  readonly seen: Set<string>
  /** What was asked when a page was emptied, by the token that was given instead. */
  readonly held: Map<string, string>
}

async function handle(upstream: URL, state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  const { method = '', url = '' } = request
  const id = String(request.headers['x-ms-client-request-id'])
  const fault = state.choose({ method, url, body: body.toString(), isRepeated: state.seen.has(id) })
  state.seen.add(id)
  const isQuery = method === 'GET' && url.includes('()')
  if (fault === 'silence') return
  if (fault === 'busy') return reply(response, failure(503, 'ServerBusy'))
  if (fault === 'refused') return reply(response, failure(400, 'InvalidInput'))
  const path = state.held.get(tokenOf(url)) ?? url
  if (fault === 'emptyPage' && isQuery) return reply(response, emptyPage(state, path))
  const asked = fault === 'shortPage' && isQuery ? path.replace(/(\$|%24)top=\d+/, '$1top=3') : path
  const answer = await forward(upstream, request, asked, body)
  if (fault === 'lostAnswer') response.destroy()
  else if (fault === 'half') replyHalf(response, answer)
  else reply(response, answer)
}

/** The client asks again with the token, and then gets what it asked for before. */
function emptyPage(state: State, path: string): Answer {
  const token = `held-${state.held.size}`
  state.held.set(token, path)
  const headers = {
    'content-type': 'application/json',
    'x-ms-continuation-nextpartitionkey': token,
    'x-ms-continuation-nextrowkey': token,
  }
  return { status: 200, headers, body: Buffer.from('{"value":[]}') }
}

function tokenOf(url: string): string {
  return new URL(url, 'http://localhost').searchParams.get('NextPartitionKey') ?? ''
}

function failure(status: number, code: string): Answer {
  const body = JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: 'Injected. sig=secret' } } })
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-ms-request-id': 'request-17' },
    body: Buffer.from(body),
  }
}

async function forward(upstream: URL, request: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
  const { hostname, port } = upstream
  const outgoing = send({ hostname, port, path, method: request.method, headers: request.headers })
  outgoing.end(body)
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject)
  })
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: await bodyOf(incoming) }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _chunked, ...kept } = headers
  response.writeHead(status, { ...kept, 'content-length': body.length }).end(body)
}

function replyHalf(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _chunked, ...kept } = headers
  response.writeHead(status, { ...kept, 'content-length': body.length + 1 }).write(body)
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
  return address.port
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
