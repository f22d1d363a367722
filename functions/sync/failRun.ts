/** Ends a run that cannot go on: the reason on its row, the lease let go, the next run starts clean. */
import type { ConnectorState, Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports, StepMessage } from '../ports.ts'
import { giveUp } from './applyPhase.ts'
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
  await endChanges(ports, connectorId, runId)
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

/**
 * No command stays without an end (design.md 12, 2): what was sent and never heard of is read from the lists by the next sync. Before the run's own end,
 * as nobody comes back to a run that has ended.
 */
async function endChanges(ports: Ports, connectorId: string, runId: string): Promise<void> {
  const run = (await ports.store.run(connectorId, runId))?.value
  if (run?.state !== 'running' || !mayHaveSent(run)) return
  const message = 'the run failed before the outcome was known; decided anew at the next sync'
  for (const phase of [1, 2, 3, 4] as const) await giveUp(ports, run, phase, message, {})
}

/** A run that lost its lease while it applied takes it and tells people again before it goes on. */
function mayHaveSent({ step, cursor }: Run): boolean {
  return step === 'apply' || step === 'notify' || (step === 'takeLease' && cursor === 'apply')
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
