/** Opens a conversation with a relay through Azure Relay: the sender of the hybrid connection. Retry for this transport lives here. */
import { randomUUID } from 'node:crypto'
import type { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import {
  connectUrl,
  redact,
  resourceOf,
  TOKEN_HEADER,
  type RelayToken,
  type TokenProvider,
} from '../../protocol/rendezvous.ts'
import { handshakeDone, HandshakeError } from '../../protocol/rendezvousHandshake.ts'
import { keepAlive, type LivenessOptions } from '../../protocol/rendezvousLiveness.ts'

export type ConnectOptions = {
  /** `wss://<namespace>.servicebus.windows.net/$hc/<path>` */
  address: string
  tokenProvider: TokenProvider
  /** The application protocol, such as `easgate.v1`; the relay refuses senders without it. */
  subprotocol: string
  /** For one try, token included. The service stalls now and then; another try is then better than waiting. */
  attemptTimeoutMs?: number
  attempts?: number
  /** Milliseconds since the epoch; no try goes beyond it. */
  deadline?: number
  /** Largest message taken, in bytes. */
  maxPayloadBytes?: number
  /** For a proxy or a private certificate authority. */
  agent?: Agent
  liveness?: LivenessOptions
  random?: () => number
  sleep?: (ms: number) => Promise<unknown>
  now?: () => number
}

/**
 *   what happened                                kind           tried again
 *   404: no such path, or no relay online        noRelay        yes
 *   503: the relay has its hands full            busy           yes
 *   504, or no answer in time                    timeout        yes
 *   500, 502, reset, DNS, TLS, no token          network        yes
 *   401, 403                                     unauthorized   no
 *   any other status (the relay's own choice)    rejected       no
 */
export type RendezvousErrorKind = 'noRelay' | 'busy' | 'unauthorized' | 'timeout' | 'network' | 'rejected'

/** Why no conversation could be opened. A relay may still have seen a try; nothing was said on it. */
export class RendezvousError extends Error {
  override readonly name = 'RendezvousError'
  readonly kind: RendezvousErrorKind
  readonly status: number | undefined
  readonly trackingId: string | undefined

  constructor(
    kind: RendezvousErrorKind,
    message: string,
    options: { status?: number | undefined; trackingId?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.kind = kind
    this.status = options.status
    this.trackingId = options.trackingId
  }
}

/**
 * An open socket to one of the connector's relays, which are chosen by the service at random. It is kept alive by pings and terminated when it is dead.
 * Attach handlers in the same turn as the promise resolves: the socket starts reading right after. Throws RendezvousError.
 */
export async function connect(options: ConnectOptions): Promise<WebSocket> {
  const { attempts = 3, deadline = Infinity, random = Math.random, sleep = delay, now = Date.now } = options
  for (let attempt = 1; ; attempt += 1) {
    try {
      const leftMs = deadline - now()
      if (leftMs <= 0) throw new HandshakeError('the deadline had passed before the try', { timedOut: true })
      return await open(options, Math.min(options.attemptTimeoutMs ?? 10_000, leftMs))
    } catch (error) {
      const problem = toRendezvousError(error, options.address, attempt)
      const pauseMs = Math.round(random() * Math.min(5_000, 1_000 * 2 ** (attempt - 1)))
      if (!retried.has(problem.kind) || attempt >= attempts || now() + pauseMs >= deadline) throw problem
      await sleep(pauseMs)
    }
  }
}

const retried: ReadonlySet<RendezvousErrorKind> = new Set(['noRelay', 'busy', 'timeout', 'network'])

/** One try, bounded by `timeoutMs` from the token to the handshake. */
async function open(options: ConnectOptions, timeoutMs: number): Promise<WebSocket> {
  const startedAt = performance.now()
  const { address, tokenProvider, subprotocol, maxPayloadBytes = 16 * 1024 * 1024 } = options
  const { token } = await tokenWithin(tokenProvider(resourceOf(address)), timeoutMs)
  const dialled = new WebSocket(connectUrl(address, { id: randomUUID() }), [subprotocol], {
    headers: { [TOKEN_HEADER]: token },
    perMessageDeflate: false,
    maxPayload: maxPayloadBytes,
    ...(options.agent === undefined ? {} : { agent: options.agent }),
  })
  const { socket, raw } = await handshakeDone(dialled, timeoutMs - (performance.now() - startedAt))
  socket.once('close', keepAlive(socket, raw, options.liveness))
  // The socket is paused; everything that awaits this promise runs before the immediate.
  setImmediate(() => socket.resume())
  return socket
}

/** A credential that fails is named as such, so that nobody looks for the fault in the network of the relay. */
async function tokenWithin(work: Promise<RelayToken>, timeoutMs: number): Promise<RelayToken> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const error = new HandshakeError(`no token in ${Math.round(timeoutMs)} ms`, { timedOut: true })
    timer = setTimeout(() => reject(error), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    if (error instanceof HandshakeError) throw error
    throw new HandshakeError(`no token: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function toRendezvousError(error: unknown, address: string, attempts: number): RendezvousError {
  const { status, trackingId, timedOut } = error instanceof HandshakeError ? error : noAnswer
  const kind = timedOut ? 'timeout' : kindOf(status)
  const said = redact(error instanceof Error ? error.message : String(error))
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`
  const message = `No conversation through ${redact(address)} after ${tries}: ${said}. ${remedies[kind]}`
  return new RendezvousError(kind, message, { status, trackingId, cause: error })
}

const noAnswer = { status: undefined, trackingId: undefined, timedOut: false }

function kindOf(status: number | undefined): RendezvousErrorKind {
  if (status === undefined || status === 500 || status === 502) return 'network'
  return kinds[status] ?? 'rejected'
}

const kinds: Record<number, RendezvousErrorKind> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'noRelay',
  503: 'busy',
  504: 'timeout',
}

const remedies: Record<RendezvousErrorKind, string> = {
  noRelay:
    "No relay of this connector is online, or the path is wrong: look at the relay service and at the hybrid connection's name.",
  busy: 'Every relay has its hands full: wait, or add a relay.',
  unauthorized:
    'The identity or key lacks the right Send on this hybrid connection, or the namespace firewall refuses us.',
  timeout:
    'A relay is registered but did not answer in time: look at its load and whether it reaches *.servicebus.windows.net:443.',
  network:
    'The relay service, or who gives the token, could not be reached or failed: look at DNS, the network, the state of Azure Relay and Entra ID.',
  rejected: 'The relay refused: compare the versions of relay and functions.',
}
