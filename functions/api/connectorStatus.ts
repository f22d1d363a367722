/** Graph's status of a connector, from what is known of its relays. Pure. */
import type { ConnectorState } from '../core/run.ts'
import type { RelayApproval } from '../core/relay.ts'

export type ConnectorStatus = 'none' | 'connectionPending' | 'connected' | 'disconnected'

/** Whatever the schedule, a relay is looked for every minute (sync/checkPresence.ts), and recorded every half minute while one talks (relayApproval.ts). */
const connectedMs = 90_000

/*
 * relays                                          | status
 * any, and the connector is retired               | disconnected
 * an approved one, but none could be reached since | disconnected
 * an approved one, seen less than 90 s ago        | connected
 * an approved one, not seen since                 | disconnected
 * none approved, one that waits for approval      | connectionPending
 * none approved, but the connector worked once    | disconnected: all its relays were rejected
 * none of these                                   | none
 */
export function connectorStatus(
  relays: readonly RelayApproval[],
  { relay, noRelaySince, retired }: Pick<ConnectorState, 'relay' | 'noRelaySince' | 'retired'>,
  now: Date,
): ConnectorStatus {
  if (retired) return 'disconnected'
  const approved = relays.filter(({ state }) => state === 'approved')
  if (approved.length > 0) {
    const seen = [...approved.map(({ lastSeen }) => lastSeen), ...(relay ? [relay.seenAt] : [])].map(Date.parse)
    const lastMs = Math.max(...seen)
    const isGone = noRelaySince !== null && Date.parse(noRelaySince) >= lastMs
    return !isGone && now.getTime() - lastMs < connectedMs ? 'connected' : 'disconnected'
  }
  if (relays.some(({ state }) => state === 'pending')) return 'connectionPending'
  return relay ? 'disconnected' : 'none'
}
