/** Graph's onPremisesConditionalAccessSettings (facts D6): whom the policy is for. Tenant-wide in Graph, one per connector here. */
import * as z from 'zod'
import type { Policy } from '../core/types.ts'
import { patchOf, readBody, withGiven } from './body.ts'
import { connectorInPath, onlyConnector, type Answer, type Call } from './call.ts'
import { changePolicy, readPolicy } from './changePolicy.ts'
import { checkPolicy } from './checkPolicy.ts'
import { entity } from './graphResource.ts'

const set = 'deviceManagement/conditionalAccessSettings'

/** Group ids are Guids in Graph; here they are opaque, so that a stand-in for Graph may have its own. Repeats are dropped. */
const groupIds = z
  .array(z.string().trim().min(1).max(128))
  .max(200)
  .transform((ids) => [...new Set(ids)])

/** `id` cannot be changed; OData 4.0 part 1, 11.4.3: its value is ignored. */
export const conditionalAccessPatch = patchOf({
  id: z.unknown(),
  enabled: z.boolean(),
  includedGroups: groupIds,
  excludedGroups: groupIds,
  overrideDefaultRule: z.boolean(),
})

/** `conditionalAccessSettings`: of the only connector, or of the one that `?connector=` names. */
export const getOnlyConditionalAccess = (call: Call) => get(call, onlyConnector(call))
export const patchOnlyConditionalAccess = (call: Call) => patch(call, onlyConnector(call))
/** `exchangeOnPremisesPolicies/{id}/conditionalAccessSettings`. */
export const getConditionalAccess = (call: Call) => get(call, connectorInPath(call))
export const patchConditionalAccess = (call: Call) => patch(call, connectorInPath(call))

async function get(call: Call, connectorId: string): Promise<Answer> {
  const { value } = await readPolicy(call.ports.store, connectorId)
  return { status: 200, body: entity(call.request, set, toGraph(connectorId, value)) }
}

async function patch(call: Call, connectorId: string): Promise<Answer> {
  const given = await readBody(call.request, conditionalAccessPatch)
  const { value: before } = await readPolicy(call.ports.store, connectorId)
  await checkPolicy(call, before, withConditionalAccess(before, given))
  const policy = await changePolicy(call, connectorId, 'policyChanged', (now) => withConditionalAccess(now, given))
  return { status: 200, body: entity(call.request, set, toGraph(connectorId, policy)) }
}

/** The policy with what the PATCH gave. */
export function withConditionalAccess(now: Policy, patch: z.infer<typeof conditionalAccessPatch>): Policy {
  const { id: _ignored, ...given } = patch
  return withGiven(now, given)
}

function toGraph(id: string, { enabled, includedGroups, excludedGroups, overrideDefaultRule }: Policy) {
  return { id, enabled, includedGroups, excludedGroups, overrideDefaultRule }
}
