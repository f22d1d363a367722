/** Records that a relay is here for as long as it talks: a conversation may last longer than a relay counts as connected. */
import { asAppError } from '../errors.ts'
import type { RelayApproval } from '../core/relay.ts'
import type { Greeting } from './greetRelay.ts'
import { aboutOf, seenEveryMs as everyMs, type ApprovalOptions } from './relayApproval.ts'
import type { RelayChannel } from './relayChannel.ts'

/** Returns what ends it. What cannot be written is logged and left: it only makes the connector's status older. */
export function keepSeen(
  connectorId: string,
  greeting: Greeting,
  channel: Pick<RelayChannel, 'heard'>,
  options: ApprovalOptions & { readonly seenEveryMs?: number },
): () => void {
  const { fingerprint, welcome } = greeting
  let heard = channel.heard
  const timer = setInterval(() => {
    if (channel.heard === heard) return
    heard = channel.heard
    const at = options.now().toISOString()
    const seen = { host: welcome.relay.host, about: aboutOf(welcome.relay), firstSeen: at, lastSeen: at }
    const relay: RelayApproval = { fingerprint, publicKey: welcome.publicKey, state: 'pending', ...seen }
    options.sawRelay(connectorId, relay).catch((thrown: unknown) => {
      options.log.warn('exchange.notSeen', { connectorId, code: asAppError(thrown).code })
    })
  }, options.seenEveryMs ?? everyMs)
  return () => clearInterval(timer)
}
