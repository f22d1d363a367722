/** One connection of one control channel, from dialling to its end; `stayConnected.ts` decides when there is a next. */
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket, type RawData } from 'ws'
import { listenUrl, redact, resourceOf, TOKEN_HEADER, type RelayToken } from '../../protocol/rendezvous.ts'
import { handshakeDone, HandshakeError } from '../../protocol/rendezvousHandshake.ts'
import { keepAlive } from '../../protocol/rendezvousLiveness.ts'
import { parseControlMessage, renewTokenMessage, type AcceptMessage } from '../../protocol/rendezvousMessages.ts'
import type { ListenerSettings } from './listenerOptions.ts'
import { proxyFailureIn, remedyFor } from './remedyFor.ts'
import { renewToken } from './tokenRenewal.ts'

/**
 * How a connection ended. `failed`: it never stood (`status` if the service answered). `closed`: it stood and was lost (`code` of the close).
 * `recycled`: renewed by ourselves. `stopped`: we were told to. `proxyStatus`: what a proxy answered, so that nobody takes it for the service.
 */
export type ChannelEnd = {
  kind: 'failed' | 'closed' | 'recycled' | 'stopped'
  reason: string
  connectedMs: number
  status?: number
  code?: number
  proxyStatus?: number
  trackingId?: string
  remedy?: string
}

export type ChannelContext = {
  settings: ListenerSettings
  id: string
  /** Takes an accept; must return at once, so that it cannot delay the next one. */
  onAccept: (accept: AcceptMessage) => void
  /** Whether this channel may be renewed now, since another stays registered; if so, it must. */
  mayRecycle: () => boolean
}

/** Never rejects. */
export async function controlChannel(
  context: ChannelContext,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<ChannelEnd> {
  try {
    const token = await fetchToken(context.settings, signal)
    const { socket, raw } = await register(context, token, signal)
    return await live(context, { socket, raw, token }, signal, onConnected)
  } catch (error) {
    return signal.aborted ? { kind: 'stopped', reason: 'stopped while dialling', connectedMs: 0 } : failure(error)
  }
}

/** A token that is still good. Bounded in time, since a credential may hang as long as the network does. */
async function fetchToken(settings: ListenerSettings, signal: AbortSignal): Promise<RelayToken> {
  const token = await inTime(settings.tokenProvider(resourceOf(settings.address)), settings.timings, signal)
  if (token.expiresAt > settings.now()) return token
  throw new Error("the token provider gave an expired token; check this machine's clock")
}

async function inTime(
  token: Promise<RelayToken>,
  { handshakeTimeoutMs }: ListenerSettings['timings'],
  signal: AbortSignal,
): Promise<RelayToken> {
  const end = new AbortController()
  const late = delay(handshakeTimeoutMs, undefined, { signal: AbortSignal.any([signal, end.signal]) }).then(() => {
    throw new Error(`the token provider gave nothing in ${handshakeTimeoutMs} ms`)
  })
  try {
    return await Promise.race([token, late])
  } finally {
    late.catch(() => {}) // nobody waits for it any more
    end.abort()
  }
}

/** Dials as a listener. The socket that it gives is open and paused. Throws a HandshakeError. */
export async function register(
  { settings, id }: Pick<ChannelContext, 'settings' | 'id'>,
  token: RelayToken,
  signal: AbortSignal,
): ReturnType<typeof handshakeDone<WebSocket>> {
  const socket = new WebSocket(listenUrl(settings.address, { id }), [], {
    headers: { [TOKEN_HEADER]: token.token },
    perMessageDeflate: false,
    maxPayload: 1024 * 1024, // control messages hold headers, 64 kB at most
    ...(settings.agent === undefined ? {} : { agent: settings.agent }),
  })
  const onAbort = (): void => socket.terminate()
  signal.addEventListener('abort', onAbort)
  try {
    return await handshakeDone(socket, settings.timings.handshakeTimeoutMs)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

type Connection = { socket: WebSocket; raw: { readonly bytesRead: number }; token: RelayToken }

/** Serves the channel until it closes, whoever closes it. */
async function live(
  context: ChannelContext,
  { socket, raw, token }: Connection,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<ChannelEnd> {
  const { settings } = context
  const { timings, now, log } = settings
  const since = now()
  let ownReason: Pick<ChannelEnd, 'kind' | 'reason'> | undefined
  const close = (kind: ChannelEnd['kind'], reason: string): void => {
    ownReason ??= { kind, reason }
    socket.close(1000, reason)
    setTimeout(() => socket.terminate(), timings.closeTimeoutMs).unref()
  }
  const liveness = { mode: settings.ping, intervalMs: timings.pingIntervalMs, graceMs: timings.pongGraceMs }
  const stops = [
    keepAlive(socket, raw, liveness, () => {
      ownReason = { kind: 'closed', reason: `nothing came in ${timings.pongGraceMs} ms after a ping` }
    }),
    renewToken({
      first: token,
      fetchToken: async () => fetchToken(settings, signal),
      send: (next) => socket.send(renewTokenMessage(next)),
      onProblem: (problem) => log('warn', 'relay.token.notRenewed', { channel: context.id, problem: redact(problem) }),
      onStale: () => close('closed', 'the token could not be renewed'),
      timings,
      now,
    }),
    recycle(context, () => close('recycled', 'renewed by the listener')),
  ]
  const onAbort = (): void => close('stopped', 'the listener stops')
  signal.addEventListener('abort', onAbort)
  socket.on('message', (data, binary) => onMessage(context, data, binary))
  onConnected()
  const closed = whenClosed(socket)
  if (signal.aborted) onAbort()
  socket.resume()
  const { code, reason } = await closed
  for (const stop of stops) stop()
  signal.removeEventListener('abort', onAbort)
  return { kind: 'closed', reason, ...ownReason, code, connectedMs: now() - since }
}

/** Calls `act` at a random age between half of `recycleAfterMs` and all of it, later if no other channel is registered then. */
function recycle({ settings, mayRecycle }: ChannelContext, act: () => void): () => void {
  const { recycleAfterMs } = settings.timings
  let timer: NodeJS.Timeout | undefined
  const wakeIn = (delayMs: number): void => {
    timer = setTimeout(() => (mayRecycle() ? act() : wakeIn(recycleAfterMs / 100)), delayMs)
  }
  wakeIn((recycleAfterMs * (1 + settings.random())) / 2)
  return () => clearTimeout(timer)
}

/** Only text frames carry messages. An exception here would stop the receiver of `ws` without a word. */
function onMessage({ settings, id, onAccept }: ChannelContext, data: RawData, binary: boolean): void {
  if (binary || !(data instanceof Buffer)) return
  const message = parseControlMessage(data.toString())
  if (message.kind === 'accept') return onAccept(message.accept)
  const problem = message.kind === 'invalid' ? message.problem : `unknown: ${message.names.join(', ')}`
  settings.log(message.kind === 'invalid' ? 'warn' : 'debug', 'relay.control.ignored', {
    channel: id,
    problem: redact(problem),
  })
}

async function whenClosed(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => {
      const said = redact(reason.toString())
      resolve({ code, reason: said !== '' ? said : code === 1006 ? 'the connection broke' : 'closed by the service' })
    })
  })
}

function failure(error: unknown): ChannelEnd {
  const reason = redact(error instanceof Error ? error.message : String(error))
  const remedy = remedyFor(error)
  const { status, trackingId } = error instanceof HandshakeError ? error : nothingSaid
  const proxyStatus = error instanceof HandshakeError ? proxyFailureIn(error)?.status : undefined
  return {
    kind: 'failed',
    reason,
    connectedMs: 0,
    ...(status !== undefined && { status }),
    ...(proxyStatus !== undefined && { proxyStatus }),
    ...(trackingId !== undefined && { trackingId }),
    ...(remedy !== undefined && { remedy }),
  }
}

const nothingSaid = { status: undefined, trackingId: undefined }
