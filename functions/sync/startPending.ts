/** Starts the full sync that was asked for while a quick one ran. */
import type { Ports } from '../ports.ts'
import { readConnector } from './connector.ts'
import { startRun } from './startRun.ts'

/** startRun takes the request off the connector's row in the same write that puts the run on it. */
export async function startPending(ports: Ports, connectorId: string): Promise<void> {
  const { pendingFull: pending, retired } = (await readConnector(ports, connectorId))?.value ?? {}
  if (pending && !retired) await startRun(ports, { connectorId, kind: 'full', ...pending })
}
