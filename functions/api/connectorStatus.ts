/** Graph's status of a connector, from what is known of its relays. Pure. */
import type { ConnectorState } from '../core/run.ts'
import type { RelayApproval } from '../ports.ts'

export type ConnectorStatus = 'none' | 'connectionPending' | 'connected' | 'disconnected'

/** A quick sync talks to a relay every minute at the default schedule; half a minute more for a slow one. */
const connectedMs = 90_000

/*
 * relays                                          | status
 * an approved one, seen less than 90 s ago        | connected
 * an approved one, not seen since                 | disconnected
 * none approved, one that waits for approval      | connectionPending
 * none approved, but the connector worked once    | disconnected: all its relays were rejected
 * none of these                                   | none
 */
export function connectorStatus(
  relays: readonly RelayApproval[],
  relay: ConnectorState['relay'],
  now: Date,
): ConnectorStatus {
  const approved = relays.filter(({ state }) => state === 'approved')
  if (approved.length > 0) {
    const seen = [...approved.map(({ lastSeen }) => lastSeen), ...(relay ? [relay.seenAt] : [])].map(Date.parse)
    return now.getTime() - Math.max(...seen) < connectedMs ? 'connected' : 'disconnected'
  }
  if (relays.some(({ state }) => state === 'pending')) return 'connectionPending'
  return relay ? 'disconnected' : 'none'
}
