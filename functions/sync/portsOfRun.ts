/** The ports as one message of a run uses them: its conversations carry the run's id to the relay, and what the message spends is counted. */
import type { Counts } from '../core/run.ts'
import type { Exchange, Ports } from '../ports.ts'

export interface PortsOfRun {
  readonly ports: Ports
  /** Requests and conversations so far, by the names they have among the run's numbers. */
  readonly spent: () => Counts
}

/** `ports`: made for this message alone, so that their own counts are the message's. */
export function portsOfRun(ports: Ports, runId: string): PortsOfRun {
  const { exchange, directory, store } = ports
  let relayConversations = 0
  const converse: Exchange['converse'] = (connectorId, use) =>
    exchange.converse(
      connectorId,
      (conversation) => {
        relayConversations += 1
        return use(conversation)
      },
      runId,
    )
  return {
    ports: { ...ports, exchange: { ...exchange, converse } },
    spent: () => ({
      graphRequests: directory.requests(),
      graphThrottled: directory.throttled(),
      tableRequests: store.requests(),
      relayConversations,
    }),
  }
}
