/** POST deviceManagement/exchangeConnectors/{id}/sync: Graph's action, with easgate's own `dryRun` beside it. */
import * as z from 'zod'
import { startRun } from '../sync/startRun.ts'
import { closedObject, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { readFlag } from './readFlag.ts'

const kinds = { fullSync: 'full', deltaSync: 'quick' } as const
const bodySchema = closedObject({ syncType: z.enum(['fullSync', 'deltaSync']) })

/**
 * 204, as Graph; beyond Graph, the headers `easgate-run` (started, attached, queued) and `easgate-run-id` say what came of it. With
 * `?dryRun=true` the run sends nothing. Throws AppError notFound, badRequest.
 */
export async function syncConnector(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const dryRun = readFlag(call.request, 'dryRun')
  const { syncType } = await readBody(call.request, bodySchema)
  const request = { connectorId, kind: kinds[syncType], askedBy: call.caller.id, dryRun }
  const { runId, how } = await startRun(call.ports, request)
  return { status: 204, headers: { 'easgate-run': how, ...(runId === null ? {} : { 'easgate-run-id': runId }) } }
}
