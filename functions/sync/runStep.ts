/** Carries out one message of the queue: claim the run's position, do its step, save, hand on the next. */
import { addCounts, isOfThisVersion, runVersion, type Counts, type Run } from '../core/run.ts'
import { AppError, asAppError } from '../errors.ts'
import type { Ports, StepMessage } from '../ports.ts'
import type { Versioned } from '../portsStore.ts'
import { failRun } from './failRun.ts'
import { messageFor } from './messageFor.ts'
import { portsOfRun } from './portsOfRun.ts'
import type { StepResult } from './step.ts'
import { steps } from './steps.ts'

/** Longer than any step may take (functionTimeout): past it, another message may take over. */
export const claimMs = 11 * 60_000

/** maxDequeueCount of host.json. */
export const maxDeliveries = 5

export interface Delivery {
  /** The queue message's id: the same when it is delivered again. */
  readonly id: string
  /** From 1. */
  readonly dequeueCount: number
}

/*
 * run                               | message
 * not there, or not running         | dropped
 * further than the message, free    | the next message may be lost: sent again
 * at the message's position, free   | carried out
 * the same, of another version      | the run fails: the next one starts anew
 * claimed by this very message      | its first delivery died: carried out
 * claimed by another                | dropped: the other one carries it out and hands on
 * Everything that a step writes may be written twice, so a delivery that dies anywhere is repeated by the queue.
 */
export async function runStep(ports: Ports, message: StepMessage, delivery: Delivery): Promise<void> {
  const found = await ports.store.run(message.connectorId, message.runId)
  if (!found || found.value.state !== 'running') return
  const run = found.value
  if (isClaimedByOther(run, delivery, ports.clock.now())) return
  if (message.position < run.position) return ports.queue.send(messageFor(run))
  if (message.position > run.position) return

  if (!isOfThisVersion(run)) return failRun(ports, message, otherVersion(run))
  const claimed = await claim(ports, found, delivery)
  const { ports: own, spent } = portsOfRun(ports, run.id)
  try {
    const result = await steps[run.step](own, claimed.value, `${delivery.id}.${delivery.dequeueCount}`)
    await advance(ports, claimed, result, () => withSaving(spent(), result, delivery))
  } catch (thrown) {
    const error = asAppError(thrown)
    ports.log.warn('stepFailed', {
      runId: run.id,
      connectorId: run.connectorId,
      kind: run.kind,
      step: run.step,
      code: error.code,
      retryable: error.retryable,
      delivery: delivery.dequeueCount,
      message: error.message,
    })
    // At the last delivery the reason goes on the run's row; left to the poison queue, it would be lost
    if (error.retryable && delivery.dequeueCount < maxDeliveries) throw error
    await failRun(ports, message, { code: error.code, message: error.message })
  }
}

/** What it gathered and planned may mean something else by now. */
function otherVersion({ version = 1 }: Run): { code: string; message: string } {
  const message = `the run was started by easgate's run version ${version}, this app's is ${runVersion}: nothing of it is carried on; the next sync reads and decides everything anew`
  return { code: 'otherVersion', message }
}

function isClaimedByOther({ claim }: Run, delivery: Delivery, now: Date): boolean {
  return claim !== null && claim.by !== delivery.id && Date.parse(claim.until) > now.getTime()
}

async function claim(ports: Ports, { value, etag }: Versioned<Run>, delivery: Delivery): Promise<Versioned<Run>> {
  const now = ports.clock.now()
  const until = new Date(now.getTime() + claimMs).toISOString()
  const run: Run = { ...value, claim: { by: delivery.id, until }, updatedAt: now.toISOString() }
  return { value: run, etag: await ports.store.saveRun(run, etag) }
}

/** What a message spends at its end is written into the row by that very writing: the row once, the next message, and its own deliveries. */
function withSaving(spent: Counts, { next }: StepResult, { dequeueCount }: Delivery): Counts {
  const handedOn = next === null ? 0 : 1
  return addCounts(spent, { tableRequests: 1, tableOperations: 1, queueSent: handedOn, queueReceived: dequeueCount })
}

/** The claimed run's `updatedAt` is when this message began. */
async function advance(
  ports: Ports,
  { value, etag }: Versioned<Run>,
  result: StepResult,
  spent: () => Counts,
): Promise<void> {
  const now = ports.clock.now()
  const counted = spent()
  const run: Run = {
    ...value,
    ...result.patch,
    step: result.next ?? value.step,
    cursor: result.cursor ?? null,
    position: value.position + 1,
    claim: null,
    updatedAt: now.toISOString(),
    counts: addCounts(addCounts(result.patch?.counts ?? value.counts, result.counts ?? {}), counted),
  }
  if (run.state === 'running' && result.next === null)
    throw new AppError('internal', `step ${value.step} ended the chain of a running run`)
  await ports.store.saveRun(run, etag)
  const { id: runId, connectorId, kind } = run
  const durationMs = now.getTime() - Date.parse(value.updatedAt)
  ports.log.info('stepDone', { runId, connectorId, kind, step: value.step, next: result.next, durationMs, ...counted })
  if (run.state === 'done' && run.mode !== 'whatIf') logDone(ports, run)
  if (result.next !== null) await ports.queue.send(messageFor(run), result.delaySeconds)
}

/** Once it is saved: what is logged before may not come to be. A what-if is no sync. */
function logDone(
  { log }: Ports,
  { id: runId, connectorId, kind, mode, dryRun, startedAt, endedAt, counts }: Run,
): void {
  const durationMs = Date.parse(endedAt ?? startedAt) - Date.parse(startedAt)
  log.info('runDone', { runId, connectorId, kind, mode, dryRun, durationMs, counts })
}
