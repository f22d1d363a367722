/** Carries connections through an HTTP proxy by CONNECT, for ws: and wss: alike; hosts on the bypass list are dialled directly. */
import type { ClientRequest } from 'node:http'
import * as net from 'node:net'
import * as tls from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { isBypassed } from './bypass.ts'
import { ProxyFailure } from './proxyFailure.ts'

export interface ProxySettings {
  /** `http://proxy.contoso.com:8080`, without user and password. */
  readonly address: string
  readonly account?: { readonly user: string; readonly password: string } | undefined
  readonly bypass: readonly string[]
}

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1]

/** Fails with a ProxyFailure when the proxy, and not the service behind it, is the reason. The password stands in no URL, so in no log. */
export class ProxyAgent extends HttpsProxyAgent<string> {
  private readonly settings: ProxySettings
  private readonly trust: tls.SecureContext | undefined

  constructor(settings: ProxySettings, trust?: tls.SecureContext) {
    super(settings.address)
    this.settings = settings
    this.trust = trust
  }

  override async connect(request: ClientRequest, given: ConnectOptions): Promise<net.Socket> {
    const options = { ...given, ...(this.trust && { secureContext: this.trust }) }
    if (isBypassed(options.host ?? '', this.settings.bypass)) return direct(options)
    return this.through(request, options)
  }

  /** An inner agent for each dial: so the dial can be given up with the request that wanted it, whatever the proxy does or does not do. */
  private async through(request: ClientRequest, options: ConnectOptions): Promise<net.Socket> {
    const { signal, done } = untilGivenUp(request)
    const agent = new HttpsProxyAgent(this.settings.address, {
      headers: () => credentials(this.settings),
      signal,
      ...(this.trust && { secureContext: this.trust }),
    })
    const answer = answerTo(request)
    try {
      const socket = await agent.connect(request, options)
      const refusal = refusalOf(answer(), this.settings, options)
      if (refusal === undefined && !request.destroyed) return socket
      socket.destroy()
      throw refusal ?? new Error('nobody waits for this connection any more')
    } catch (error) {
      throw error instanceof ProxyFailure ? error : unreachable(error, this.settings)
    } finally {
      done()
    }
  }
}

/** Longer than any handshake may take. */
const longestConnectMs = 60_000

/** A request that is destroyed before it has a socket emits `abort` and no `close`; the timer is for whoever destroys it otherwise. */
function untilGivenUp(request: ClientRequest): { signal: AbortSignal; done: () => void } {
  const gaveUp = new AbortController()
  const giveUp = (): void => gaveUp.abort()
  const timer = setTimeout(giveUp, longestConnectMs).unref()
  request.once('abort', giveUp).once('close', giveUp)
  const done = (): void => {
    clearTimeout(timer)
    request.off('abort', giveUp).off('close', giveUp)
  }
  return { signal: gaveUp.signal, done }
}

interface ConnectAnswer {
  readonly statusCode: number
  readonly statusText: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

function answerTo(request: ClientRequest): () => ConnectAnswer | undefined {
  let answer: ConnectAnswer | undefined
  request.once('proxyConnect', (given: ConnectAnswer) => (answer = given))
  return () => answer
}

function credentials({ account }: ProxySettings): Record<string, string> {
  if (account === undefined) return {}
  const basic = Buffer.from(`${account.user}:${account.password}`, 'utf8').toString('base64')
  return { 'Proxy-Authorization': `Basic ${basic}` }
}

function direct(options: ConnectOptions): net.Socket {
  const { host = '', port, secureEndpoint } = options
  if (!secureEndpoint) return net.connect({ host, port })
  const servername = net.isIP(host) === 0 ? host : ''
  return tls.connect({ servername, ...options, host, port, path: undefined })
}

function refusalOf(
  answer: ConnectAnswer | undefined,
  { address, account }: ProxySettings,
  { host, port }: ConnectOptions,
): ProxyFailure | undefined {
  if (answer === undefined || answer.statusCode === 200) return undefined
  const { statusCode: status, statusText } = answer
  const schemes = status === 407 ? schemesOf(answer) : []
  const offer = schemes.length === 0 ? '' : `; it offers ${schemes.join(', ')}`
  const said = `${status} ${statusText.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)}`.trim()
  const message = `the proxy ${address} answered ${said} to CONNECT ${host}:${port}${offer}`
  return new ProxyFailure(message, { status, schemes, hasAccount: account !== undefined })
}

/** `Negotiate, NTLM, Basic realm="a, b"` gives the three names; proxies send them in one header or in several. */
function schemesOf({ headers }: ConnectAnswer): string[] {
  const given = headers['proxy-authenticate'] ?? []
  const parts = (typeof given === 'string' ? [given] : given).flatMap((header) =>
    header.replace(/"(?:[^"\\]|\\.)*"/g, '').split(','),
  )
  const names = parts.flatMap((part) => /^\s*([A-Za-z][\w-]*)(?:\s+[^\s=]|\s*$)/.exec(part)?.[1] ?? [])
  return [...new Set(names)].slice(0, 6)
}

function unreachable(cause: unknown, { address, account }: ProxySettings): ProxyFailure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const text = cause instanceof Error ? cause.message : String(cause)
  const reason = code === '' || text.includes(code) ? text : `${code} ${text}`
  const message = `the proxy ${address} did not connect us: ${reason.trim()}`
  return new ProxyFailure(message, { hasAccount: account !== undefined, cause })
}
