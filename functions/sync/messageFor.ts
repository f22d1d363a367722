/** The message that carries a run on from where it stands. */
import type { Run } from '../core/run.ts'
import type { StepMessage } from '../ports.ts'

export function messageFor(run: Run): StepMessage {
  return { connectorId: run.connectorId, runId: run.id, position: run.position }
}
