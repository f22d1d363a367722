/** Exchange through a relay: dials, learns who answered, lets only an approved relay work, and always hangs up. */
import { limits } from '../../protocol/messages.ts'
import type { Signer } from '../../protocol/signing.ts'
import { AppError, asAppError } from '../errors.ts'
import type { Conversation, Exchange } from '../ports.ts'
import { admitRelay, noteNoRelay } from './admitRelay.ts'
import type { AdmissionOptions } from './claimOrganization.ts'
import { dialRelay, type DialOptions } from './dialRelay.ts'
import { greetRelay, type Greeting } from './greetRelay.ts'
import { keepSeen } from './keepSeen.ts'
import { checkApproval, type ApprovalOptions } from './relayApproval.ts'
import { RelayChannel } from './relayChannel.ts'
import { relayConversation } from './relayConversation.ts'
import type { RelaySocket } from './relaySocket.ts'
import { tellRelays } from './tellRelays.ts'

export interface RelayExchangeOptions extends ApprovalOptions, AdmissionOptions, DialOptions {
  /** The cloud side's key; relays have its public half from their join file. */
  readonly signer: Signer
  readonly newId: () => string
  /** How long after it was sent a batch may still start commands. Default and limit: 5 minutes. */
  readonly batchLifetimeMs?: number
  /** How lists are read again before a change. Default: bulk. */
  readonly reread?: 'bulk' | 'single'
  /** Rows that may wait here. */
  readonly rowCredit?: number
  readonly welcomeTimeoutMs?: number
  /** How long the relay may say nothing while a batch runs. Default: the batch's lifetime and a minute for the command then running. */
  readonly silenceMs?: number
  /** How often it is recorded that the relay of a conversation is still here. */
  readonly seenEveryMs?: number
}

/**
 * Each conversation is one socket to one relay. Besides the port's errors converse throws relayRefused (the relay turned us away, or is of another
 * connector or version) and badConfiguration (the right to send is missing); `retryable` says whether trying again can help.
 */
export function relayExchange(given: RelayExchangeOptions): Exchange {
  const { batchLifetimeMs = limits.batchLifetimeMs } = given
  const traffic = { commands: 0, bytes: 0 }
  const options: RelayExchangeOptions = { ...given, onFrame: (bytes) => void (traffic.bytes += bytes) }
  const onBatch = (commands: number) => void (traffic.commands += commands)
  if (batchLifetimeMs <= 0 || batchLifetimeMs > limits.batchLifetimeMs) {
    const allowed = `allowed are up to ${limits.batchLifetimeMs / 1000} s`
    throw new AppError('badConfiguration', `A batch's lifetime of ${batchLifetimeMs / 1000} s; ${allowed}.`)
  }
  return {
    async converse<T>(
      connectorId: string,
      use: (conversation: Conversation) => Promise<T>,
      runId?: string,
    ): Promise<T> {
      const { socket, greeting } = await approvedRelay(connectorId, options)
      const { signer, now, newId, log, reread = 'bulk', rowCredit = limits.rowCredit } = options
      const silenceMs = options.silenceMs ?? batchLifetimeMs + 60_000
      let stopSeeing = () => {}
      try {
        const channelOptions = { connectorId, runId, signer, now, batchLifetimeMs, rowCredit, silenceMs, onBatch }
        const channel = new RelayChannel(socket, greeting, channelOptions)
        stopSeeing = keepSeen(connectorId, greeting, channel, options)
        return await use(relayConversation(channel, greeting, { newId, log, reread }))
      } finally {
        stopSeeing()
        await socket.close()
      }
    },
    tellRetired: async (connectorId, retired) => tellRelays(connectorId, retired, options),
    traffic: () => ({ ...traffic }),
  }
}

/**
 * The rendezvous chooses the relay, so one may answer that cannot work while another can: a new one that waits for its approval, one whose Exchange server is
 * down. Then it is dialled again, a few times.
 */
async function approvedRelay(
  connectorId: string,
  options: RelayExchangeOptions,
): Promise<{ socket: RelaySocket; greeting: Greeting }> {
  for (let attempt = 1; ; attempt += 1) {
    const socket = await dialRelay(connectorId, options).catch(async (thrown: unknown) => {
      if (asAppError(thrown).code === 'noRelay') await noteNoRelay(connectorId, options)
      throw thrown
    })
    try {
      return { socket, greeting: await greetApproved(connectorId, socket, options) }
    } catch (error) {
      await socket.close()
      if (!isOfThisRelayOnly(error) || attempt >= maxAttempts) throw error
    }
  }
}

async function greetApproved(
  connectorId: string,
  socket: RelaySocket,
  options: RelayExchangeOptions,
): Promise<Greeting> {
  const { rowCredit = limits.rowCredit, welcomeTimeoutMs: timeoutMs = 15_000 } = options
  const greeting = await greetRelay(socket, { connectorId, rowCredit, timeoutMs })
  const problem = await checkApproval(connectorId, greeting, options)
  if (problem) throw problem
  await admitRelay(connectorId, greeting, options)
  // What ended the conversation meanwhile must not look like a conversation in which nothing was asked.
  if (socket.end) throw socket.end
  return greeting
}

function isOfThisRelayOnly(error: unknown): boolean {
  return error instanceof AppError && error.retryable && ofOneRelay.has(error.code)
}

const ofOneRelay: ReadonlySet<string> = new Set(['relayNotApproved', 'relayRefused'])
const maxAttempts = 5
