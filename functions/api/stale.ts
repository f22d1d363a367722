/** easgate/connectors/{id}/stale: partnerships whose phones do not sync any more; looked for, looked at, and removed by a person's word. */
import * as z from 'zod'
import { partitionCount } from '../core/partition.ts'
import type { Run } from '../core/run.ts'
import type { StaleRecord } from '../core/stale.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { StoredChange } from '../portsStore.ts'
import { countOpen, startStalePreview, startStaleRemoval } from '../sync/startStale.ts'
import { audited } from './audited.ts'
import { closedObject, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { pageBody, readPosition, readTop } from './paging.ts'
import { daysSchema } from './schedulePatch.ts'

const previewBody = closedObject({ days: daysSchema })
const removalBody = closedObject({ preview: z.string().trim().min(1).max(256), count: z.int().min(1).max(10_000_000) })

/** 202 with the id under which the list can be read. Throws AppError notFound, badRequest, conflict, connectorRetired. */
export async function previewStale(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const { days } = await readBody(call.request, previewBody)
  const id = await startStalePreview(call.ports, connectorId, days, call.caller.id)
  return accepted(call, id)
}

/** 202 with the same id. Throws AppError notFound, badRequest, conflict where the number is another now, or something else is under way. */
export async function removeStale(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const { preview: runId, count } = await readBody(call.request, removalBody)
  const change = { action: 'staleRemovalAsked', subject: runId, before: null, after: { count } }
  await audited(call, connectorId, change, () =>
    startStaleRemoval(call.ports, connectorId, { runId, count, by: call.caller.id }),
  )
  return accepted(call, runId)
}

/**
 * `count`: what is still to be removed, null until everything was looked at. `value`: the list in pages, each with its outcome; `?model=` and `?user=` show
 * those alone. Throws AppError notFound, badRequest.
 */
export async function getStale(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const top = readTop(call.request, 100, 1000)
  const after = readPosition(call.request, z.string().min(1).max(512))
  const runId = call.request.params['runId'] ?? ''
  const run = (await call.ports.store.run(connectorId, runId))?.value
  if (run?.mode !== 'stale' || !run.stale)
    throw new AppError('notFound', `connector ${connectorId} has no preview "${runId.slice(0, 128)}"`)
  const { found, next } = await readPage(call, run, after, top)
  const count = run.stale.isWhole ? await countOpen(call.ports, run) : null
  return { status: 200, body: { ...summaryOf(run), count, ...pageBody(call.request, found.map(toView), next) } }
}

function accepted({ request }: Call, id: string): Answer {
  const base = new URL(request.url).pathname.replace(/\/preview$/, '')
  return { status: 202, body: { id, state: 'running' }, headers: { location: `${base}/${id}` } }
}

function summaryOf(run: Run) {
  const { id, state, step, dryRun, askedBy, approvedBy, startedAt, endedAt, counts, failure, stale } = run
  const progress = stale?.isWhole ? 1 : Number((run.cursor ?? '0').split('|')[0]) / partitionCount
  return { id, state, step, progress, dryRun, askedBy, approvedBy, startedAt, endedAt, counts, failure, ...stale }
}

/** Pages are read until enough of them fit. */
async function readPage({ ports, request }: Call, run: Run, after: string | null, top: number) {
  const isAsked = filterOf(request.query)
  const found: StoredChange[] = []
  for (let last = after; ;) {
    const page = await pageOf(ports, run, last)
    for (const one of page) {
      if (!isAsked(one)) continue
      if (found.length === top) return { found, next: found.at(-1)?.key ?? null }
      found.push(one)
    }
    if (page.length < perRead) return { found, next: null }
    last = page.at(-1)?.key ?? null
  }
}

const perRead = 1000

function pageOf({ store }: Ports, { connectorId, id }: Run, after: string | null) {
  return store.changes(connectorId, id, '', after, perRead)
}

function filterOf(query: URLSearchParams): (one: StoredChange) => boolean {
  const [model, user] = [query.get('model'), query.get('user')]
  return ({ change }) =>
    change.kind === 'stale' &&
    (model === null || (change.model ?? change.type ?? 'unknown') === model) &&
    (user === null || change.user === user)
}

function toView({ change, outcome }: StoredChange) {
  const { mailboxGuid: mailbox, record, deviceId, type, model, user, lastSync } = change as StaleRecord
  return { record, mailbox, deviceId, type, model, user, lastSync, outcome }
}
