/** Graph's deviceManagementExchangeOnPremisesPolicy (facts D6): what Exchange does with devices that easgate says nothing about. */
import type { ExchangeConfiguration, Policy } from '../core/types.ts'
import type { Store } from '../portsStore.ts'
import { readBody } from './body.ts'
import { connectorInPath, onlyConnector, type Answer, type Call } from './call.ts'
import { changePolicy, readPolicy } from './changePolicy.ts'
import { exchangePolicyPatch, withExchangePolicy } from './exchangePolicyPatch.ts'
import { collection, entity } from './graphResource.ts'
import { toNotificationContent } from './notification.ts'

const set = 'deviceManagement/exchangeOnPremisesPolicies'

export async function listPolicies(call: Call): Promise<Answer> {
  const { store } = call.ports
  const read = async (id: string) => toGraph(store, id, (await readPolicy(store, id)).value)
  const value = await Promise.all(call.connectors.map(({ id }) => read(id)))
  return { status: 200, body: collection(call.request, set, value) }
}

/** `exchangeOnPremisesPolicies/{id}`: a policy has the id of its connector. */
export const getPolicy = (call: Call) => get(call, connectorInPath(call))
export const patchPolicy = (call: Call) => patch(call, connectorInPath(call))
/** `exchangeOnPremisesPolicy`: of the only connector, or of the one that `?connector=` names. */
export const getOnlyPolicy = (call: Call) => get(call, onlyConnector(call))
export const patchOnlyPolicy = (call: Call) => patch(call, onlyConnector(call))

async function get(call: Call, connectorId: string): Promise<Answer> {
  const { value } = await readPolicy(call.ports.store, connectorId)
  return { status: 200, body: entity(call.request, set, await toGraph(call.ports.store, connectorId, value)) }
}

async function patch(call: Call, connectorId: string): Promise<Answer> {
  const given = await readBody(call.request, exchangePolicyPatch)
  const policy = await changePolicy(call, connectorId, 'policyChanged', (now) => withExchangePolicy(now, given))
  return { status: 200, body: entity(call.request, set, await toGraph(call.ports.store, connectorId, policy)) }
}

async function toGraph(store: Store, id: string, policy: Policy) {
  const exchange = await store.document(id, 'exchange')
  return {
    id,
    notificationContent: toNotificationContent(policy.notificationHtml),
    defaultAccessLevel: policy.defaultAccessLevel,
    accessRules: policy.exceptions.map(({ type, name, level }) => ({
      deviceClass: { name, type },
      accessLevel: level,
    })),
    knownDeviceClasses: knownDeviceClasses(exchange?.value.deviceClasses ?? []),
  }
}

/** family ↔ DeviceType, model ↔ DeviceModel; each once, families first. */
function knownDeviceClasses(classes: ExchangeConfiguration['deviceClasses']) {
  const families = distinct(classes.map(({ type }) => type)).map((name) => ({ name, type: 'family' }))
  const models = distinct(classes.map(({ model }) => model)).map((name) => ({ name, type: 'model' }))
  return [...families, ...models]
}

/** Case ignored, as Exchange does; sorted, so that two answers can be compared. */
function distinct(names: readonly string[]): string[] {
  const byKey = new Map(names.filter((name) => name !== '').map((name) => [name.toLowerCase(), name]))
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name)
}
