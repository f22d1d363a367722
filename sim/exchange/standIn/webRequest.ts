/** The module's two functions for mail, as the contract describes them: Send-EasgateRequest (Basic only) and Get-EasgateConnectionPoint. */
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { Reply } from './easgateModule.ts'

interface Account {
  readonly user?: string
  readonly password?: string
}

/** The argument of Send-EasgateRequest. */
export interface RequestArgument {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly authentication: 'Negotiate' | 'Ntlm' | 'Basic' | 'None'
  readonly account?: Account
  readonly proxy?: Account & { readonly address: string }
  readonly timeoutMs: number
  readonly maxBytes: number
}

/** How far a request came: from `isSent` on, the server may have acted on it. */
interface Progress {
  isSent: boolean
}

/** Follows no redirection; the response in one line, or the error in the last. */
export async function sendRequest(argument: RequestArgument): Promise<Reply> {
  const { authentication } = argument
  if (authentication !== 'Basic' && authentication !== 'None') {
    return failed('other', `the stand-in has no ${authentication}; it knows Basic and None`, false)
  }
  const progress: Progress = { isSent: false }
  try {
    const { response, body } = await exchange(argument, progress)
    const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
    return { lines: [JSON.stringify({ response: { status: response.statusCode, headers, body } })], end: {} }
  } catch (error) {
    const { category, message } = describe(error)
    return failed(category, message, progress.isSent)
  }
}

/** `points`: addresses of Autodiscover, separated by spaces; undefined: the computer is in no domain. */
export function connectionPoints(points: string | undefined): Reply {
  if (points === undefined) return failed('other', 'this computer is in no domain', false)
  const urls = points.split(' ').filter((url) => url !== '')
  return { lines: urls.map((url) => JSON.stringify({ point: { url, keywords: [] } })), end: {} }
}

function exchange(argument: RequestArgument, progress: Progress): Promise<{ response: IncomingMessage; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = start(argument)
    const timer = setTimeout(() => outgoing.destroy(new Failure('timeout', 'no answer in time')), argument.timeoutMs)
    outgoing.once('close', () => clearTimeout(timer)).once('error', reject)
    outgoing.once('socket', (socket) => {
      const connected = argument.url.startsWith('https:') ? 'secureConnect' : 'connect'
      const onConnected = () => (progress.isSent = true)
      // Through a proxy the socket comes when it is connected
      if (socket.connecting) socket.once(connected, onConnected)
      else onConnected()
    })
    outgoing.once('response', (response) => {
      read(response, argument.maxBytes).then(
        (body) => resolve({ response, body }),
        (error: unknown) => {
          outgoing.destroy()
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })
    outgoing.end(argument.body)
  })
}

function start({ url, method, headers, authentication, account, proxy }: RequestArgument): ClientRequest {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  const auth = authentication === 'Basic' && account ? { authorization: basic(account) } : {}
  const agent =
    proxy && new HttpsProxyAgent(proxy.address, { headers: proxy.user ? { 'proxy-authorization': basic(proxy) } : {} })
  return request(url, { method, headers: { ...headers, ...auth }, ...(agent && { agent }) })
}

function read(response: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) reject(new Failure('tooLarge', `more than ${maxBytes} bytes`))
    })
    response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    response.once('error', reject).once('aborted', () => reject(new Failure('other', 'the answer was cut')))
  })
}

function basic({ user = '', password = '' }: Account): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

class Failure extends Error {
  readonly category: string

  constructor(category: string, message: string) {
    super(message)
    this.category = category
  }
}

function describe(error: unknown): { category: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Failure) return { category: error.category, message }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code))
    return { category: 'connect', message }
  return { category: /CERT|SSL|TLS/.test(code) ? 'tls' : 'other', message }
}

function failed(category: string, message: string, sent: boolean): Reply {
  return { lines: [], end: { error: { category, message, sent } } }
}
