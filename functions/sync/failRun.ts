/** Ends a run that cannot go on: the reason on its row, the lease let go, the next run starts clean. */
import type { ConnectorState, Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports, StepMessage } from '../ports.ts'
import { changeConnector, withoutRun } from './connector.ts'
import { startPending } from './startPending.ts'

/** A batch that was sent may still be running on a relay; nobody may take the lease before it has expired for certain. */
const batchOutlivesMs = 5 * 60_000

/** A full sync comes once a day: one that failed for a passing reason is tried again, a minute later each time, so often. */
const maxAttempts = 5
/** Reasons that no repetition mends: an administrator must act. */
const lasting: ReadonlySet<string> = new Set([
  'badConfiguration',
  'relayNotApproved',
  'relayRefused',
  'organizationTaken',
  'connectorRetired',
  'graphDenied',
  'groupNotFound',
])

export async function failRun(
  ports: Ports,
  message: StepMessage,
  failure: { code: string; message: string },
): Promise<void> {
  const { connectorId, runId } = message
  const run = await markFailed(ports, connectorId, runId, failure)
  if (!run) return
  const isTriedAgain = run.kind === 'full' && isSync(run) && run.attempt < maxAttempts && !lasting.has(failure.code)
  await changeConnector(ports, connectorId, (state) => release(ports, state, run, isTriedAgain))
  const { kind, step, attempt } = run
  ports.log.error('runFailed', { runId, connectorId, kind, step, attempt, isTriedAgain, ...failure })
  await ports.store.clearStaged(connectorId, runId)
  // What is to be tried again waits for the next run's end: the timer's quick sync, within a minute
  if (!isTriedAgain) await startPending(ports, connectorId)
}

/** Neither a what-if nor a clean-up: those are a person's to ask for again, or the next scheduled sync's. */
function isSync({ mode }: Run): boolean {
  return mode !== 'whatIf' && mode !== 'stale'
}

function release(ports: Ports, state: ConnectorState, run: Run, isTriedAgain: boolean): ConnectorState {
  const free = withoutRun(state, run)
  const { askedBy, dryRun, attempt } = run
  const pendingFull = state.pendingFull ?? (isTriedAgain ? { askedBy, dryRun, attempt: attempt + 1 } : null)
  if (state.lease?.runId !== run.id || run.step !== 'apply') return { ...free, pendingFull }
  const until = new Date(ports.clock.now().getTime() + batchOutlivesMs).toISOString()
  return { ...free, pendingFull, lease: { runId: run.id, until } }
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
