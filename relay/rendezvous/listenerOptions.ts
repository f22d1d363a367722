/** What the relay's listener is started with, and the times it keeps. */
import type { Agent } from 'node:http'
import type { WebSocket } from 'ws'
import { EASGATE_SUBPROTOCOL, resourceOf, type TokenProvider } from '../../protocol/rendezvous.ts'

/** A conversation's sender: the id it has at the service, its own headers (lower-case, no credentials), the sub-protocol agreed on. */
export type ConversationInfo = { id: string; headers: Record<string, string>; protocol: string }

/** `alert` is for what a person must repair: wrong key, wrong path, a foreign accept address. Fields never hold tokens. */
export type ListenerLog = (
  level: 'debug' | 'info' | 'warn' | 'alert',
  event: string,
  fields: Record<string, unknown>,
) => void

export type ListenerOptions = {
  /** `wss://<namespace>.servicebus.windows.net/$hc/<path>` */
  address: string
  tokenProvider: TokenProvider
  /** Control channels; with two, one is registered while the other is restarted by the service (every 24 h). */
  channels?: number
  /** Conversations at once; a sender above it is told 503 at once. */
  maxConversations: number
  /** Accept addresses must have a host at or under this; by default the address's host without its first label. */
  allowedHostSuffix?: string
  /** How to keep channels alive; see `keepAlive`. */
  ping?: 'ping' | 'pong' | 'off'
  /** The application protocol a sender must offer; `any` takes the sender's first offer, or none. */
  subprotocol?: string
  /** What a sender of another sub-protocol is told; 503 makes it try again and meet another listener. */
  otherSenders?: { status: number; text: string }
  /** Largest message of a conversation in bytes. */
  maxPayloadBytes?: number
  /** Called with an open socket. Attach handlers before returning; a message may come in right after. */
  onConversation: (socket: WebSocket, info: ConversationInfo) => void | Promise<void>
  log: ListenerLog
  now?: () => number
  random?: () => number
  /** For a proxy: used for control channels and conversations alike. */
  agent?: Agent
  timings?: Partial<ListenerTimings>
}

/** All in milliseconds, but the two shares of a token's life. Sources: facts/azure-relay-protocol.md, section 10. */
export type ListenerTimings = {
  handshakeTimeoutMs: number
  /** From the accept message to the joined socket; the service keeps the sender for about 30 s. */
  acceptTimeoutMs: number
  pingIntervalMs: number
  pongGraceMs: number
  backoffBaseMs: number
  backoffCapMs: number
  /** The cap after 401, 403 and 404, which only a person can repair. */
  deniedCapMs: number
  /** A connection that lasted this long resets the backoff. */
  stableAfterMs: number
  /** Between the first connects of two channels. */
  staggerMs: number
  /** A channel is renewed at a random age between half of this and this, so that the service's restarts never hit all at once. */
  recycleAfterMs: number
  renewAtShare: number
  giveUpAtShare: number
  /** How long a close handshake may take before the socket is cut. */
  closeTimeoutMs: number
  /** Without any channel for this long, the cloud side is reported as unreachable. */
  unreachableAfterMs: number
}

export const defaultTimings: ListenerTimings = {
  handshakeTimeoutMs: 15_000,
  acceptTimeoutMs: 20_000,
  pingIntervalMs: 30_000,
  pongGraceMs: 10_000,
  backoffBaseMs: 1_000,
  backoffCapMs: 60_000,
  deniedCapMs: 300_000,
  stableAfterMs: 60_000,
  staggerMs: 2_000,
  recycleAfterMs: 22 * 3_600_000,
  renewAtShare: 0.75,
  giveUpAtShare: 0.95,
  closeTimeoutMs: 5_000,
  unreachableAfterMs: 300_000,
}

export type ListenerSettings = Required<Omit<ListenerOptions, 'agent' | 'timings'>> & {
  agent: Agent | undefined
  timings: ListenerTimings
}

/** Fills in the defaults. Throws where a limit makes no sense. */
export function listenerSettings(options: ListenerOptions): ListenerSettings {
  const { channels = 2, maxConversations } = options
  resourceOf(options.address) // throws if it is no relay address
  if (!Number.isInteger(channels) || channels < 1 || channels > 25) {
    throw new RangeError(`channels is ${channels}; the service allows 1 to 25 listeners per hybrid connection.`)
  }
  if (!Number.isInteger(maxConversations) || maxConversations < 1) {
    throw new RangeError(`maxConversations is ${maxConversations}; it must be 1 or more.`)
  }
  const { subprotocol = EASGATE_SUBPROTOCOL } = options
  return {
    channels,
    allowedHostSuffix: suffixOf(options.address),
    ping: 'ping',
    subprotocol,
    otherSenders: { status: 400, text: `the sub-protocol must be ${subprotocol}` },
    maxPayloadBytes: 16 * 1024 * 1024,
    now: Date.now,
    random: Math.random,
    ...options,
    agent: options.agent,
    timings: { ...defaultTimings, ...options.timings },
  }
}

/** `ns.servicebus.windows.net` → `servicebus.windows.net`, since gateways have other first labels; an IP address or a bare name stays. */
function suffixOf(address: string): string {
  const { hostname } = new URL(address)
  const isName = /^[a-z0-9-]+\.[a-z0-9-]+\.[a-z]/i.test(hostname)
  return isName ? hostname.slice(hostname.indexOf('.') + 1) : hostname
}
