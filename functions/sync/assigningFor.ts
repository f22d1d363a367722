/** What a run knows of mailbox policies: which one the mailboxes in scope get, which are easgate's own, and which there are. */
import type { ConfigurationPlan } from '../core/planConfiguration.ts'
import type { Assigning, PolicyName } from '../core/planAssignment.ts'
import type { Ports } from '../ports.ts'
import type { Planned } from './planFor.ts'

/** A quick sync reads no mailbox policies: it goes by the last full one's reading, and only where easgate has one. */
export async function assigningFor(
  { store }: Pick<Ports, 'store'>,
  { connectorId, policy, configuration }: Pick<Planned, 'connectorId' | 'policy' | 'configuration'>,
  { own: { mailboxPolicies: recorded }, changes }: ConfigurationPlan,
): Promise<Assigning> {
  const read = configuration?.mailboxPolicies ?? []
  const isStored = read.length === 0 && recorded.length > 0
  const found = isStored ? ((await store.document(connectorId, 'exchange'))?.value.mailboxPolicies ?? []) : read
  const existing = found.map(({ name, guid }): PolicyName => ({ name, guid }))
  const isWhole = read.length > 0
  const own = recorded.flatMap(({ name, guid }) => [{ name, guid }, ...existing.filter((one) => one.guid === guid)])
  const setting = policy.settings.mailboxPolicy
  if (!policy.enabled || setting?.assign !== 'inScope') return { wanted: 'none', own, existing, isWhole }
  const isIt = ({ name }: { readonly name: string }) => name.toLowerCase() === setting.name.toLowerCase()
  const made = recorded.find(isIt)
  // What this run makes first is there when it is assigned
  const isPlanned = changes.some((change) => change.kind === 'newPolicy' && isIt(change))
  if (isPlanned) return { wanted: { name: setting.name, guid: null }, own, existing, isWhole }
  if (!made?.guid) return { wanted: 'unknown', own, existing, isWhole }
  const there = existing.find(({ guid }) => guid === made.guid)
  // Made since that reading
  const known: PolicyName | undefined = isStored ? { name: made.name, guid: made.guid } : undefined
  return { wanted: there ?? known ?? 'unknown', own, existing, isWhole }
}
