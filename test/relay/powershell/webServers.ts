/** A web server that misbehaves as its paths say, the same behind TLS, and a proxy that wants an account; all of them in this process. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo, type Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { testCertificate, testCertificateKey } from '../../contract/rendezvousTls.ts'

export const account = { user: 'CONTOSO\\ana', password: 'Geheim7$(x)' }
export const proxyAccount = { user: 'proxy', password: 'Zutritt8' }

export interface Seen {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface WebServers {
  readonly origin: string
  readonly tlsOrigin: string
  readonly proxy: string
  /** Requests that came whole. */
  readonly seen: readonly Seen[]
  /** What went through the proxy: method and address. */
  readonly through: readonly string[]
  readonly close: () => void
}

export async function startWebServers(): Promise<WebServers> {
  const seen: Seen[] = []
  const through: string[] = []
  const handler = (request: IncomingMessage, response: ServerResponse) => void answer(seen, request, response)
  const plain = createServer(handler)
  const tls = createTlsServer({ cert: testCertificate, key: testCertificateKey }, handler)
  const proxy = createServer((request, response) => forward(through, request, response))
  proxy.on('connect', (request: IncomingMessage, socket: Duplex) => tunnel(through, request, socket))
  const [port, tlsPort, proxyPort] = [await listen(plain), await listen(tls), await listen(proxy)]
  return {
    origin: `http://127.0.0.1:${port}`,
    tlsOrigin: `https://localhost:${tlsPort}`,
    proxy: `http://127.0.0.1:${proxyPort}`,
    seen,
    through,
    close: () => [plain, tls, proxy].forEach(end),
  }
}

/** A port where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  return port
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function listen(server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function end(server: Pick<Server, 'close' | 'closeAllConnections'>): void {
  server.close()
  server.closeAllConnections()
}

async function answer(seen: Seen[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url: path = '', headers } = request
  const body = await textOf(request)
  seen.push({ path, headers, body })
  const large = 'x'.repeat(50_000)
  const length = String(Buffer.byteLength(body))
  const isRefused = path === '/basic' && headers.authorization !== basic(account.user, account.password)
  if (path === '/silent') return
  if (path === '/cut') request.socket.destroy()
  else if (path === '/drip') response.writeHead(200, { 'content-length': 10 }).write('x')
  else if (path === '/large') response.writeHead(200, { 'content-length': large.length }).end(large)
  else if (path === '/largeInChunks') {
    response.write(large)
    response.end(large)
  } else if (path === '/redirect') response.writeHead(302, { location: '/echo', 'set-cookie': 'a=b' }).end()
  else if (path === '/latin')
    response.writeHead(200, { 'content-type': 'text/plain; charset="iso-8859-1"' }).end(Buffer.from('§Ä', 'latin1'))
  else if (isRefused) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end('who?')
  else response.writeHead(200, ['X-Twice', 'a', 'X-Twice', 'b', 'content-length', length]).end(body)
}

function isKnown(request: IncomingMessage): boolean {
  return request.headers['proxy-authorization'] === basic(proxyAccount.user, proxyAccount.password)
}

function forward(through: string[], request: IncomingMessage, response: ServerResponse): void {
  if (!isKnown(request)) {
    request.resume()
    response.writeHead(407, { 'proxy-authenticate': 'Basic realm="p"' }).end()
    return
  }
  const { method = 'GET', headers, url = '' } = request
  through.push(`${method} ${url}`)
  const onward = httpRequest(url, { method, headers }, (reply) => {
    reply.pipe(response.writeHead(reply.statusCode ?? 502, reply.headers))
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}

function tunnel(through: string[], request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {})
  if (!isKnown(request)) {
    socket.end('HTTP/1.1 407 no\r\nProxy-Authenticate: Basic realm="p"\r\nContent-Length: 0\r\n\r\n')
    return
  }
  through.push(`CONNECT ${request.url}`)
  // Every name is one of this computer, so that a server can be asked under a name that its certificate has not.
  const { port } = new URL(`http://${request.url}`)
  const onward = connect(Number(port), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 ok\r\n\r\n')
    socket.pipe(onward).pipe(socket)
  })
  onward.on('error', () => socket.destroy())
}
