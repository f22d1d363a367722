/** Ends a run that cannot go on: the reason on its row, the lease let go, the next run starts clean. */
import type { Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports, StepMessage } from '../ports.ts'
import { changeConnector, withoutRun } from './connector.ts'
import { startPending } from './startPending.ts'

/** A batch that was sent may still be running on a relay; nobody may take the lease before it has expired for certain. */
const batchOutlivesMs = 5 * 60_000

export async function failRun(
  ports: Ports,
  message: StepMessage,
  failure: { code: string; message: string },
): Promise<void> {
  const { connectorId, runId } = message
  const run = await markFailed(ports, connectorId, runId, failure)
  if (!run) return
  await changeConnector(ports, connectorId, (state) => {
    const after = withoutRun(state, run)
    if (state.lease?.runId !== run.id || run.step !== 'apply') return after
    const until = new Date(ports.clock.now().getTime() + batchOutlivesMs).toISOString()
    return { ...after, lease: { runId: run.id, until } }
  })
  ports.log.error('runFailed', {
    runId,
    connectorId,
    kind: run.kind,
    step: run.step,
    code: failure.code,
    message: failure.message,
  })
  await ports.store.clearStaged(connectorId, runId)
  await startPending(ports, connectorId)
}

async function markFailed(
  ports: Ports,
  connectorId: string,
  runId: string,
  failure: { code: string; message: string },
): Promise<Run | null> {
  for (;;) {
    const found = await ports.store.run(connectorId, runId)
    if (!found || found.value.state !== 'running') return found?.value.state === 'failed' ? found.value : null
    const now = ports.clock.now().toISOString()
    const run: Run = {
      ...found.value,
      state: 'failed',
      claim: null,
      endedAt: now,
      updatedAt: now,
      failure: { ...failure, step: found.value.step },
    }
    try {
      await ports.store.saveRun(run, found.etag)
      return run
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
    }
  }
}
