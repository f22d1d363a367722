/** Starts what was asked for while a quick sync ran: the full one first, which does not hold the quick one up. */
import type { Ports } from '../ports.ts'
import { readConnector } from './connector.ts'
import { startRun } from './startRun.ts'

/** startRun takes each request off the connector's row in the same write that puts the run on it. */
export async function startPending(ports: Ports, connectorId: string): Promise<void> {
  const { pendingFull, pendingQuick, retired } = (await readConnector(ports, connectorId))?.value ?? {}
  if (retired) return
  if (pendingFull) await startRun(ports, { connectorId, kind: 'full', ...pendingFull })
  if (pendingQuick) await startRun(ports, { connectorId, kind: 'quick', dryRun: false, ...pendingQuick })
}
