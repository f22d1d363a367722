/** What easgate made of Exchange's configuration: on record before the command that makes it, off the record when it was not made. */
import type { ConfigurationChange } from '../core/plan.ts'
import { nothingOwned } from '../core/planConfiguration.ts'
import type { AccessRule, OwnConfiguration } from '../core/types.ts'
import type { Ports } from '../ports.ts'

export async function saveOwnConfiguration(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
  own: OwnConfiguration,
): Promise<void> {
  await change({ store }, connectorId, () => own)
}

/*
 * change       | on record before it is sent                       | after it was done       | after it certainly was not
 * defaultLevel | the level set; what stood there first is kept     | forgotten, where it     | as before
 *              |                                                   | brings the old one back |
 * newRule      | the rule, without Guid                            | the Guid                | forgotten
 * setRule      | -                                                 | -                       | -
 * removeRule   | -                                                 | forgotten               | -
 * Nobody knows whether it was done: the record stays, and the next plan goes by what stands there.
 */
export async function claimConfiguration(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  planned: ConfigurationChange,
): Promise<void> {
  await change(ports, connectorId, (own) => {
    if (planned.kind === 'defaultLevel') return { ...own, defaultLevel: claimDefault(planned, own) }
    if (planned.kind !== 'newRule' || own.rules.some((rule) => isSameText(rule, planned.rule))) return own
    return { ...own, rules: [...own.rules, planned.rule] }
  })
}

export async function configurationDone(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  planned: ConfigurationChange,
  guid?: string,
): Promise<void> {
  await change(ports, connectorId, (own) => {
    if (planned.kind === 'defaultLevel') return { ...own, defaultLevel: settledDefault(planned, own) }
    if (planned.kind === 'removeRule')
      return { ...own, rules: own.rules.filter((rule) => rule.guid !== planned.rule.guid) }
    if (planned.kind !== 'newRule' || guid === undefined) return own
    const isNew = (rule: AccessRule) => rule.guid === null && isSameText(rule, planned.rule)
    return { ...own, rules: own.rules.map((rule) => (isNew(rule) ? { ...rule, guid } : rule)) }
  })
}

/** `before`: what was on record before the claim. */
export async function configurationNotDone(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  planned: ConfigurationChange,
  before: OwnConfiguration,
): Promise<void> {
  await change(ports, connectorId, (own) => {
    if (planned.kind === 'defaultLevel') return { ...own, defaultLevel: before.defaultLevel }
    if (planned.kind !== 'newRule' || before.rules.some((rule) => isSameText(rule, planned.rule))) return own
    return { ...own, rules: own.rules.filter((rule) => rule.guid !== null || !isSameText(rule, planned.rule)) }
  })
}

export async function readOwnConfiguration(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
): Promise<OwnConfiguration> {
  return (await store.document(connectorId, 'own'))?.value ?? nothingOwned
}

type DefaultChange = Extract<ConfigurationChange, { kind: 'defaultLevel' }>

function claimDefault(planned: DefaultChange, own: OwnConfiguration): OwnConfiguration['defaultLevel'] {
  const { defaultLevel } = own
  if (defaultLevel === null) return { before: planned.before, set: planned.after }
  if (isRestoring(planned, own)) return defaultLevel
  return { before: defaultLevel.before, set: planned.after, replaced: planned.before }
}

function settledDefault(planned: DefaultChange, own: OwnConfiguration): OwnConfiguration['defaultLevel'] {
  const { defaultLevel } = own
  if (defaultLevel === null || isRestoring(planned, own)) return null
  return { before: defaultLevel.before, set: defaultLevel.set }
}

/** Back to what stood there before easgate. */
function isRestoring({ before, after }: DefaultChange, { defaultLevel }: OwnConfiguration): boolean {
  if (defaultLevel === null || defaultLevel.before !== after) return false
  return defaultLevel.set === before || defaultLevel.replaced === before
}

function isSameText(a: AccessRule, b: AccessRule): boolean {
  return a.characteristic === b.characteristic && a.queryString.toLowerCase() === b.queryString.toLowerCase()
}

/** Only the run that holds the lease writes this document. */
async function change(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
  to: (own: OwnConfiguration) => OwnConfiguration,
): Promise<void> {
  const found = await store.document(connectorId, 'own')
  const before = found?.value ?? nothingOwned
  const after = to(before)
  if (JSON.stringify(before) === JSON.stringify(after)) return
  await store.saveDocument(connectorId, 'own', after, found?.etag ?? null)
}
