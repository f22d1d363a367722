/** easgate/connectors/{id}/runs: what ran, what is held, what a run planned; and a person's word on a held plan. */
import * as z from 'zod'
import { delayOf } from '../core/delay.ts'
import type { Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import { approveRun, rejectRun } from '../sync/decideHeldRun.ts'
import { heldUntil } from '../sync/expireHeld.ts'
import { patchOf, readOptionalBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { pageBody, readPosition, readTop } from './paging.ts'

/** The newest `$top` runs; older ones are reached by a larger `$top`. Throws AppError notFound, badRequest. */
export async function listRuns(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const runs = await call.ports.store.runs(connectorId, readTop(call.request, 20, 200))
  return { status: 200, body: { value: runs.map(toView) } }
}

/** Throws AppError notFound. */
export async function getRun(call: Call): Promise<Answer> {
  const run = await readRun(call)
  return { status: 200, body: { ...toView(run), policy: run.policy } }
}

/** The planned changes in the order of apply, each with its traces and its outcome. Throws AppError notFound, badRequest. */
export async function listChanges(call: Call): Promise<Answer> {
  const { connectorId, id } = await readRun(call)
  const top = readTop(call.request, 100, 1000)
  const after = readPosition(call.request, z.string().min(1).max(512))
  const found = await call.ports.store.changes(connectorId, id, '', after, top + 1)
  const page = found.slice(0, top)
  return { status: 200, body: pageBody(call.request, page, found.length > top ? (page.at(-1)?.key ?? null) : null) }
}

/** Group ids; each must exist. */
const approval = patchOf({ groups: z.array(z.string().trim().min(1).max(128)).min(1).max(200) })

/** 204. With `{ groups }` for the mailboxes of their members alone, and the rest is dropped. Throws AppError notFound, badRequest, conflict. */
export async function approve(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const body = await readOptionalBody(call.request, approval)
  await approveRun(call.ports, connectorId, runIdOf(call), call.caller.id, body?.groups ?? null)
  return { status: 204 }
}

/** 204. Throws AppError notFound, conflict. */
export async function reject(call: Call): Promise<Answer> {
  await rejectRun(call.ports, connectorInPath(call), runIdOf(call), call.caller.id)
  return { status: 204 }
}

async function readRun(call: Call): Promise<Run> {
  const connectorId = connectorInPath(call)
  const found = await call.ports.store.run(connectorId, runIdOf(call))
  if (found) return found.value
  throw new AppError('notFound', `connector ${connectorId} has no run "${runIdOf(call).slice(0, 128)}"`)
}

function runIdOf({ request }: Call): string {
  return request.params['runId'] ?? ''
}

/** What concerns people; where the run's next message goes on does not. */
function toView(run: Run) {
  const { id, kind, mode, dryRun, askedBy, attempt, state, step, startedAt, gatheredAt, endedAt } = run
  const { counts, groupSizes, refusal, differing, approvedBy, approvedGroups = null, failure } = run
  return {
    id,
    kind,
    mode,
    dryRun,
    askedBy,
    attempt,
    state,
    step,
    startedAt,
    gatheredAt,
    endedAt,
    counts,
    delay: delayOf(counts),
    groupSizes,
    refusal,
    differing,
    approvedBy,
    approvedGroups,
    heldUntil: state === 'held' ? heldUntil(run) : null,
    failure,
  }
}
