/** Exchange's own configuration against the policy: the default access level and the access rules (design.md 4). Pure. */
import type { ServerState } from './decisionContext.ts'
import { isStricter } from './exchangeAccess.ts'
import type { ConfigurationChange } from './plan.ts'
import type {
  AccessLevel,
  AccessRule,
  Characteristic,
  ExchangeConfiguration,
  OwnConfiguration,
  PlatformException,
  Policy,
} from './types.ts'

export const nothingOwned: OwnConfiguration = { defaultLevel: null, rules: [] }

export interface ConfigurationPlan {
  /** Exchange as this run will leave it. */
  readonly planned: ServerState
  readonly changes: readonly ConfigurationChange[]
  /**
   * What is on record as easgate's own, against what stands there now: rules with the Guids that Exchange gave them, without those that are gone. A
   * change is recorded when its own command is sent, and not before (ownConfiguration.ts).
   */
  readonly own: OwnConfiguration
  /** Rules that somebody else made and that differ from the policy: reported, never changed. */
  readonly differing: readonly { readonly rule: AccessRule; readonly wanted: AccessLevel }[]
}

/*
 * policy                        | default of Exchange             | access rules
 * on, a default access level    | becomes the policy's; what stood | one per platform exception; a rule that somebody else made
 *                               | there before is remembered       |   is never changed, a differing one is reported
 * on with none, or off          | what stood there before comes    | rules that easgate made are removed
 *                               | back, if it still is what easgate|
 *                               | set; else left                   |
 */
export function planConfiguration(
  policy: Policy,
  exchange: ExchangeConfiguration,
  own: OwnConfiguration,
): ConfigurationPlan {
  const isApplied = policy.enabled && policy.defaultAccessLevel !== 'none'
  const standard = planDefault(isApplied ? policy.defaultAccessLevel : 'none', exchange.defaultLevel, own)
  const wanted = isApplied ? policy.exceptions.flatMap(wantedRule) : []
  const rules = planRules(wanted, exchange.rules, own.rules, standard.level)
  return {
    planned: { defaultLevel: standard.level, rules: rules.planned },
    changes: [...standard.changes, ...rules.changes],
    own: { defaultLevel: standard.own, rules: rules.own },
    differing: rules.differing,
  }
}

function planDefault(wanted: AccessLevel | 'none', current: AccessLevel, { defaultLevel: own }: OwnConfiguration) {
  const restored = own && (own.set === current || own.replaced === current) ? own.before : current
  const level = wanted === 'none' ? restored : wanted
  const changes: ConfigurationChange[] = []
  if (level !== current)
    changes.push({ kind: 'defaultLevel', phase: isStricter(level, current) ? 3 : 2, before: current, after: level })
  // While the old default is not back yet, what it was stays remembered: a run that is cut here restores it next time
  return { level, changes, own: wanted === 'none' && level === current ? null : own }
}

interface WantedRule {
  readonly queryString: string
  readonly characteristic: Characteristic
  readonly level: AccessLevel
}

/** family ↔ DeviceType, model ↔ DeviceModel (facts/exchange-and-graph.md D6, inference). */
function wantedRule({ type, name, level }: PlatformException): WantedRule[] {
  if (level === 'none') return []
  return [{ queryString: name, characteristic: type === 'family' ? 'DeviceType' : 'DeviceModel', level }]
}

function planRules(
  wanted: readonly WantedRule[],
  existing: readonly AccessRule[],
  ownRules: readonly AccessRule[],
  defaultLevel: AccessLevel,
) {
  const changes: ConfigurationChange[] = []
  const planned: AccessRule[] = []
  const own: AccessRule[] = []
  const differing: { rule: AccessRule; wanted: AccessLevel }[] = []
  const wantedBy = new Map(wanted.map((rule) => [ruleKey(rule), rule]))
  const ownBy = new Map(ownRules.map((rule) => [ruleKey(rule), rule]))

  for (const rule of existing) {
    const wish = wantedBy.get(ruleKey(rule))
    wantedBy.delete(ruleKey(rule))
    const recorded = ownBy.get(ruleKey(rule))
    const isOwn = recorded !== undefined && (recorded.guid === null || recorded.guid === rule.guid)
    if (isOwn && !wish) {
      changes.push({ kind: 'removeRule', phase: isStricter(rule.level, defaultLevel) ? 2 : 3, rule })
      own.push(rule)
    } else if (isOwn && wish && wish.level !== rule.level) {
      changes.push({ kind: 'setRule', phase: isStricter(wish.level, rule.level) ? 3 : 2, rule, level: wish.level })
      planned.push({ ...rule, level: wish.level })
      own.push(rule)
    } else {
      planned.push(rule)
      if (isOwn) own.push(rule)
      else if (wish && wish.level !== rule.level) differing.push({ rule, wanted: wish.level })
    }
  }
  for (const wish of wantedBy.values()) {
    const rule = { ...wish, guid: null }
    changes.push({ kind: 'newRule', phase: isStricter(wish.level, defaultLevel) ? 3 : 2, rule })
    planned.push(rule)
  }
  return { changes, planned, own, differing }
}

/** Exchange holds one rule per characteristic and text, case ignored. */
function ruleKey({ characteristic, queryString }: Pick<AccessRule, 'characteristic' | 'queryString'>): string {
  return `${characteristic}|${queryString.toLowerCase()}`
}
