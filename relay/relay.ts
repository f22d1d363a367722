/** The relay, put together: PowerShell, ledger, conversations, listener. What main.ts starts and stops. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { subprotocol } from '../protocol/messages.ts'
import { sasTokenProvider } from '../protocol/rendezvous.ts'
import { keyRing, type Signer } from '../protocol/signing.ts'
import { BatchLedger } from './batchLedger.ts'
import { Conversations } from './conversations.ts'
import type { Installed } from './installed.ts'
import type { OpenConfig } from './openSecrets.ts'
import { CommandRunner } from './powershell/commandRunner.ts'
import { hostTimes } from './powershell/hostOptions.ts'
import { ShellHost } from './powershell/shellHost.ts'
import { listen, type Listener } from './rendezvous/listen.ts'
import type { ListenerLog } from './rendezvous/listenerOptions.ts'
import { relayInfoOf } from './relayInfo.ts'
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
  /** Lets running batches end for `drainMs`, answers the rest as refused, closes the child and the conversations. */
  stop(): Promise<void>
}

const maxReplyBytes = 16 * 1024 * 1024
/** What the listener takes beyond our own limit: those are told `busy` in answer to their hello instead of being cut off. */
const politeExtra = 4
/** For the outcomes that the end of the runner produced to leave. */
const lastWordsMs = 1_000

/**
 * Opens PowerShell, then registers: whoever gets through finds Exchange ready, or hears why it is not. Returns before either is done, so
 * that it can be stopped meanwhile.
 */
export function startRelay(options: RelayOptions): Relay {
  const { config, signer, installed, log, drainMs = 20_000 } = options
  const now = Date.now
  const { parallel } = config.powershell
  const host = makeHost(options, now)
  const runner = new CommandRunner({ host, parallel, now, log })
  const conversations = new Conversations({
    connectorId: config.connectorId,
    signer,
    cloudKeys: keyRing(config.cloudKeys),
    allowed: config.allow,
    runner,
    ledger: new BatchLedger(runner, now),
    relayInfo: () =>
      relayInfoOf(host, {
        version: installed.version,
        parallel,
        sendsMail: config.mail !== undefined,
        replace: config.replace,
      }),
    maxConversations: config.maxConversations,
    log,
    now,
    times: sessionTimes,
  })
  const stopping = new AbortController()
  const listening = runner.start().then(() => {
    return stopping.signal.aborted ? undefined : startListener(options, conversations)
  })
  return {
    stop: async () => {
      stopping.abort()
      await stop({ listening, conversations, runner, drainMs, log })
    },
  }
}

function makeHost({ config, installed, log }: RelayOptions, now: () => number): ShellHost {
  const { executable, modulePath = installed.modulePath, parallel } = config.powershell
  return new ShellHost({
    executable,
    modulePath,
    env: process.env,
    settings: { parallel, connection: config.connection },
    maxReplyBytes,
    times: hostTimes,
    log,
    now,
    random: Math.random,
  })
}

function startListener({ config, log, onReady }: RelayOptions, conversations: Conversations): Listener {
  const { address, keyName, key, allowedHostSuffix, channels, ping } = config.rendezvous
  let isReady = false
  const write: ListenerLog = (level, event, fields) => {
    log[level === 'alert' ? 'error' : level]({ event, ...fields })
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
    onConversation: (socket) => conversations.open(socket),
    log: write,
  })
}

interface Running {
  readonly listening: Promise<Listener | undefined>
  readonly conversations: Conversations
  readonly runner: CommandRunner
  readonly drainMs: number
  readonly log: Logger
}

async function stop({ listening, conversations, runner, drainMs, log }: Running): Promise<void> {
  log.info({ event: 'relay.stopping', conversations: conversations.size })
  const unregistered = listening.then((listener) => listener?.drain(drainMs * 2))
  const drained = conversations.drain()
  await within(drained, drainMs)
  await runner.close(drainMs)
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
