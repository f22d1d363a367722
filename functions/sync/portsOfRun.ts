/** The ports as one message of a run uses them: its conversations carry the run's id to the relay, and what the message spends is counted. */
import type { Counts } from '../core/run.ts'
import type { Exchange, Ports, StepQueue } from '../ports.ts'

export interface PortsOfRun {
  readonly ports: Ports
  /** Requests, messages and conversations so far, by the names they have among the run's numbers. */
  readonly spent: () => Counts
}

/** `ports`: made for this message alone, so that their own counts are the message's. */
export function portsOfRun(ports: Ports, runId: string): PortsOfRun {
  const { exchange, directory, store, queue } = ports
  let relayConversations = 0
  let queueSent = 0
  const converse: Exchange['converse'] = (connectorId, use) =>
    exchange.converse(
      connectorId,
      (conversation) => {
        relayConversations += 1
        return use(conversation)
      },
      runId,
    )
  const send: StepQueue['send'] = (...message) => {
    queueSent += 1
    return queue.send(...message)
  }
  return {
    ports: { ...ports, exchange: { ...exchange, converse }, queue: { ...queue, send } },
    spent: () => {
      const { commands: relayCommands, bytes: relayBytes } = exchange.traffic()
      return {
        graphRequests: directory.requests(),
        graphThrottled: directory.throttled(),
        tableRequests: store.requests(),
        tableOperations: store.operations(),
        queueSent,
        relayConversations,
        relayCommands,
        relayBytes,
      }
    },
  }
}
