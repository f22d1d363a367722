/** easgate/connectors/{id}/whatIf: what an edit of the policy would do to the whole tenant, before it is saved. */
import type * as z from 'zod'
import { partitionCount } from '../core/partition.ts'
import type { Policy } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { startWhatIf } from '../sync/startWhatIf.ts'
import { patchOf, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { readPolicy } from './changePolicy.ts'
import { checkPolicy } from './checkPolicy.ts'
import { conditionalAccessPatch, withConditionalAccess } from './conditionalAccess.ts'
import { exchangePolicyPatch, withExchangePolicy } from './exchangePolicyPatch.ts'
import { withSettings } from './settings.ts'
import { settingsPatch } from './settingsPatch.ts'

/** Each as in its own PATCH; what is left out is as it is saved. */
const bodySchema = patchOf({
  conditionalAccessSettings: conditionalAccessPatch,
  exchangeOnPremisesPolicy: exchangePolicyPatch,
  settings: settingsPatch,
})

/**
 * 202 with the id under which the result can be read. Throws AppError notFound, badRequest (all that the PATCHes refuse), conflict where no sync has read
 * anything yet, graphFailed.
 */
export async function startEdit(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const edit = await readBody(call.request, bodySchema)
  const { value: saved } = await readPolicy(call.ports.store, connectorId)
  const proposed = withEdit(saved, edit)
  checkComputable(saved, proposed)
  await checkPolicy(call, saved, proposed)
  const id = await startWhatIf(call.ports, connectorId, proposed, call.caller.id)
  return {
    status: 202,
    body: { id, state: 'running' },
    headers: { location: `${new URL(call.request.url).pathname}/${id}` },
  }
}

/** `refusal`: the limit that would hold the plan, null for none; it and `report` are whole when `state` is done. Throws AppError notFound. */
export async function getEdit(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const runId = call.request.params['runId'] ?? ''
  const run = (await call.ports.store.run(connectorId, runId))?.value
  if (run?.mode !== 'whatIf')
    throw new AppError('notFound', `connector ${connectorId} has no what-if "${runId.slice(0, 128)}"`)
  const { id, state, askedBy, startedAt, endedAt, refusal, report = null, groupSizes, failure, policy } = run
  const progress = state === 'done' ? 1 : Number(run.cursor ?? 0) / partitionCount
  const body = { id, state, progress, askedBy, startedAt, endedAt, refusal, report, groupSizes, failure, policy }
  return { status: 200, body }
}

function withEdit(saved: Policy, edit: z.infer<typeof bodySchema>): Policy {
  const { conditionalAccessSettings = {}, exchangeOnPremisesPolicy = {}, settings = {} } = edit
  return withSettings(
    withExchangePolicy(withConditionalAccess(saved, conditionalAccessSettings), exchangeOnPremisesPolicy),
    settings,
  )
}

/** Throws AppError badRequest. */
function checkComputable(saved: Policy, proposed: Policy): void {
  const plans = ({ settings }: Policy) => JSON.stringify([...settings.intunePlanIds].toSorted())
  if (plans(saved) === plans(proposed)) return
  throw new AppError(
    'badRequest',
    'settings.intunePlanIds: licences are read from Graph at a sync and not stored plan by plan; save them with reportOnly on and look at the next run',
  )
}
