/** The relay, put together: PowerShell, ledger, conversations, listener. What main.ts starts and stops. */
import type { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { subprotocol } from '../protocol/messages.ts'
import { sasTokenProvider } from '../protocol/rendezvous.ts'
import { keyRing, type Signer } from '../protocol/signing.ts'
import { lanesOf } from './addCommand.ts'
import { BatchLedger } from './batchLedger.ts'
import { Conversations } from './conversations.ts'
import { ExchangeSide } from './exchangeSide.ts'
import type { Installed } from './installed.ts'
import { startMail, type MailService } from './mail/mailService.ts'
import { agentFor } from './network/dial.ts'
import type { OpenConfig } from './openSecrets.ts'
import { listen, type Listener, type ListenerState } from './rendezvous/listen.ts'
import type { ListenerLog } from './rendezvous/listenerOptions.ts'
import { relayInfoOf } from './relayInfo.ts'
import { StatusKeeper } from './relayStatus.ts'
import { RetiredState, type Retirement } from './retired.ts'
import { sessionTimes } from './sessionContext.ts'

export interface RelayOptions {
  readonly config: OpenConfig
  readonly signer: Signer
  readonly installed: Installed
  readonly log: Logger
  /** Called once, when the first channel to the rendezvous is up. */
  readonly onReady: () => void
  readonly drainMs?: number
}

export interface Relay {
  /** Resolves when the cloud side says that this relay's connector is retired; whoever started it stops it then. */
  readonly retired: Promise<Retirement>
  /** Lets running batches end for `drainMs`, answers the rest as refused, closes the child and the conversations. */
  stop(): Promise<void>
}

/** What the listener takes beyond our own limit: those are told `busy` in answer to their hello instead of being cut off. */
const politeExtra = 4
/** For the outcomes that the end of the runner produced to leave. */
const lastWordsMs = 1_000

/**
 * Opens PowerShell, then registers: whoever gets through finds Exchange ready, or hears why it is not. Returns before either is done, so
 * that it can be stopped meanwhile. Throws a ConfigError when the file of a private certificate authority cannot be used.
 */
export function startRelay(options: RelayOptions): Relay {
  const { config, signer, installed, log, drainMs = 20_000 } = options
  const now = Date.now
  const agent = agentFor(config)
  const retired = new RetiredState(config.stateDir, log)
  const { parallel } = config.powershell
  const { modulePath } = installed
  const exchange = new ExchangeSide({ config, modulePath, env: process.env, log, now })
  const { host, runner } = exchange
  const mail = startMail({ config, installed, log })
  const conversations = new Conversations({
    connectorId: config.connectorId,
    signer,
    cloudKeys: keyRing(config.cloudKeys),
    allowed: { ...config.allow, mail: mail !== undefined },
    runner,
    ledger: new BatchLedger(mail ? lanesOf(runner, mail.queue) : runner, now),
    relayInfo: () =>
      relayInfoOf(host, {
        version: installed.version,
        parallel,
        sendsMail: mail !== undefined,
        replace: config.replace,
      }),
    maxConversations: config.maxConversations,
    retired,
    log,
    now,
    times: sessionTimes,
  })
  const stopping = new AbortController()
  let listener: Listener | undefined
  const status = statusOf(options, { exchange, conversations, now, listener: () => listener?.state() })
  exchange.onChange = () => status.touch()
  const listening = exchange.start().then(() => {
    status.touch('running')
    if (!stopping.signal.aborted) listener = startListener(options, conversations, agent, () => status.touch())
    return listener
  })
  return {
    retired: retired.done,
    stop: async () => {
      stopping.abort()
      status.touch('stopping')
      await stop({ listening, conversations, exchange, mail, drainMs, log })
      await status.close()
    },
  }
}

interface StatusParts {
  readonly exchange: ExchangeSide
  readonly conversations: Conversations
  readonly now: () => number
  readonly listener: () => ListenerState | undefined
}

function statusOf({ config, signer, installed, log }: RelayOptions, parts: StatusParts): StatusKeeper {
  const { exchange, conversations, now, listener } = parts
  const sources = {
    version: installed.version,
    connectorId: config.connectorId,
    fingerprint: signer.fingerprint,
    configuredServer: config.connection.server,
    hasMail: config.mail !== undefined,
    exchange,
    listener,
    conversations: () => conversations.size,
    lastBatchMs: () => conversations.lastBatchMs,
  }
  return new StatusKeeper(config.stateDir, sources, { log, now })
}

function startListener(
  { config, log, onReady }: RelayOptions,
  conversations: Conversations,
  agent: Agent | undefined,
  onChange: () => void,
): Listener {
  const { address, keyName, key, allowedHostSuffix, channels, ping } = config.rendezvous
  let isReady = false
  const write: ListenerLog = (level, event, fields) => {
    log[level === 'alert' ? 'error' : level]({ event, ...fields })
    onChange()
    if (event !== 'relay.channel.up' || isReady) return
    isReady = true
    onReady()
  }
  return listen({
    address,
    tokenProvider: sasTokenProvider({ keyName, key }),
    channels,
    ping,
    ...(allowedHostSuffix !== undefined && { allowedHostSuffix }),
    maxConversations: config.maxConversations + politeExtra,
    subprotocol,
    onConversation: (socket) => {
      conversations.open(socket)
      onChange()
    },
    log: write,
    ...(agent && { agent }),
  })
}

interface Running {
  readonly listening: Promise<Listener | undefined>
  readonly conversations: Conversations
  readonly exchange: ExchangeSide
  readonly mail: MailService | undefined
  readonly drainMs: number
  readonly log: Logger
}

async function stop({ listening, conversations, exchange, mail, drainMs, log }: Running): Promise<void> {
  log.info({ event: 'relay.stopping', conversations: conversations.size })
  const unregistered = listening.then((listener) => listener?.drain(drainMs * 2))
  const drained = conversations.drain()
  await within(drained, drainMs)
  await Promise.all([exchange.close(drainMs), mail?.close(drainMs)])
  await within(drained, lastWordsMs)
  await Promise.all([unregistered, listening.then((listener) => listener?.drain(0))])
  log.info({ event: 'relay.stopped' })
}

async function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  const over = new AbortController()
  const timeout = delay(timeoutMs, undefined, { signal: over.signal }).catch(() => {})
  await Promise.race([work, timeout])
  over.abort()
}
