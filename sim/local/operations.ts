/** What a run cost in operations, as the app counted them while it ran. Pure. */

/** Names and units are those of the run's counts (docs/telemetry.md). */
export interface Operations {
  readonly tableRequests: number
  readonly tableOperations: number
  /** Messages that steps handed on; the first one was sent by the timer or the request that started the run. */
  readonly queueSent: number
  readonly queueReceived: number
  readonly graphRequests: number
  readonly relayConversations: number
  readonly relayCommands: number
  readonly relayBytes: number
  /** Of functions: one for each message. No timer starts within a scenario. */
  readonly invocations: number
}

/** Of a run that began nothing: zeros. */
export function operationsOf(counts: Readonly<Record<string, number>>): Operations {
  const count = (name: string) => counts[name] ?? 0
  return {
    tableRequests: count('tableRequests'),
    tableOperations: count('tableOperations'),
    queueSent: count('queueSent'),
    queueReceived: count('queueReceived'),
    graphRequests: count('graphRequests'),
    relayConversations: count('relayConversations'),
    relayCommands: count('relayCommands'),
    relayBytes: count('relayBytes'),
    invocations: count('queueReceived'),
  }
}

/** For people, in two lines. */
export function operationLines(operations: Operations): readonly [string, string] {
  const { tableRequests, tableOperations, queueSent, queueReceived, relayConversations, relayCommands, relayBytes } =
    operations
  const { graphRequests, invocations } = operations
  return [
    `${graphRequests} Graph requests, ${relayConversations} relay conversations with ${relayCommands} cmdlets and ${(relayBytes / 1e6).toFixed(2)} MB`,
    `${tableRequests} table requests (${tableOperations} with every row of a transaction), ${queueSent} messages sent and ${queueReceived} received, ${invocations} function invocations`,
  ]
}
