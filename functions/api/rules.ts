/** easgate/connectors/{id}/rules: Exchange's access rules, whose they are, and an administrator's word that one is easgate's from now on. */
import { nothingOwned } from '../core/ownConfiguration.ts'
import type { AccessRule } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { changePolicy, readPolicy } from './changePolicy.ts'

const maxHandedOver = 500

/** As the last full sync read them. Throws AppError notFound. */
export async function listRules(call: Call): Promise<Answer> {
  const { rules, own, handedOver } = await readRules(call)
  const value = rules.map((rule) => ({ ...rule, ownedBy: ownerOf(rule, own, handedOver) }))
  return { status: 200, body: { value } }
}

/**
 * The next full sync gives the rule the level that the policy wants for its text. Where the policy says nothing of it, or is switched off, the level that it
 * had comes back; it is never taken away. 204. Throws AppError notFound, conflict (it is easgate's already).
 */
export async function handOver(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const guid = (call.request.params['ruleGuid'] ?? '').toLowerCase()
  const { rules, own } = await readRules(call)
  const rule = rules.find((one) => one.guid === guid)
  if (!rule) {
    const remedy = 'look at GET …/rules; a rule that is newer than the last full sync is known after the next one'
    throw new AppError('notFound', `connector ${connectorId} knows no access rule "${guid.slice(0, 64)}"; ${remedy}`)
  }
  await changePolicy(call, connectorId, 'ruleHandedOver', (now) => {
    const { handedOverRules } = now
    if (ownerOf(rule, own, handedOverRules) !== null) {
      throw new AppError('conflict', `the access rule ${guid} (${rule.queryString}) is easgate's already`)
    }
    if (handedOverRules.length >= maxHandedOver) {
      throw new AppError('conflict', `${maxHandedOver} access rules are handed over already; no more are kept`)
    }
    return { ...now, handedOverRules: [...handedOverRules, guid] }
  })
  return { status: 204 }
}

async function readRules(call: Call) {
  const connectorId = connectorInPath(call)
  const { store } = call.ports
  const rules = (await store.document(connectorId, 'exchange'))?.value.rules ?? []
  const own = { ...nothingOwned, ...(await store.document(connectorId, 'own'))?.value }.rules
  const { handedOverRules: handedOver } = (await readPolicy(store, connectorId)).value
  return { rules, own, handedOver }
}

/** null: somebody else's. */
function ownerOf(
  rule: AccessRule,
  own: readonly AccessRule[],
  handedOver: readonly string[],
): 'easgate' | 'handedOver' | null {
  if (rule.guid !== null && handedOver.includes(rule.guid)) return 'handedOver'
  return own.some(({ guid }) => guid === rule.guid) ? 'easgate' : null
}
