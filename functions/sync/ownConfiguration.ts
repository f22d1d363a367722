/** What easgate made of Exchange's configuration, on record before the first command that makes it. */
import { nothingOwned } from '../core/planConfiguration.ts'
import type { AccessRule, OwnConfiguration } from '../core/types.ts'
import type { Ports } from '../ports.ts'

export async function saveOwnConfiguration(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
  own: OwnConfiguration,
): Promise<void> {
  const found = await store.document(connectorId, 'own')
  if (JSON.stringify(found?.value ?? nothingOwned) === JSON.stringify(own)) return
  await store.saveDocument(connectorId, 'own', own, found?.etag ?? null)
}

/** Exchange has given the new rule its Guid: from now on the rule is known by that and by nothing else. */
export async function saveRuleGuid(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
  rule: AccessRule,
  guid: string,
): Promise<void> {
  const found = await store.document(connectorId, 'own')
  const own = found?.value ?? nothingOwned
  const isSame = (other: AccessRule) =>
    other.guid === null && other.characteristic === rule.characteristic && other.queryString === rule.queryString
  const rules = own.rules.map((other) => (isSame(other) ? { ...other, guid } : other))
  await store.saveDocument(connectorId, 'own', { ...own, rules }, found?.etag ?? null)
}
