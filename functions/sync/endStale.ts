/** The end of a run of the mode `stale`: off the connector's row, and a line for the log. */
import { addCounts, type Run } from '../core/run.ts'
import type { Ports } from '../ports.ts'
import { changeConnector, withoutRun } from './connector.ts'
import type { StepResult } from './step.ts'

/** `last`: what its last message adds. */
export async function endStale(
  ports: Ports,
  run: Run,
  { patch = {}, counts = {} }: Pick<StepResult, 'patch' | 'counts'>,
): Promise<StepResult> {
  const { id: runId, connectorId, dryRun } = run
  const endedAt = ports.clock.now().toISOString()
  await changeConnector(ports, connectorId, (state) => (state.staleRun === runId ? withoutRun(state, run) : null))
  const { found, records, refusal } = patch.stale ?? run.stale ?? {}
  const all = addCounts(run.counts, counts)
  ports.log.info('staleDone', { runId, connectorId, dryRun, found, records, refusal, counts: all })
  return { next: null, patch: { ...patch, state: 'done', endedAt }, counts }
}
