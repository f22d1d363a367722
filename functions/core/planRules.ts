/** Access rules against the policy's platform exceptions: only rules that easgate made, or that were handed over, are changed. Pure. */
import type { Drift, StanceOf } from './drift.ts'
import { isStricter } from './exchangeAccess.ts'
import type { OwnRule } from './ownConfiguration.ts'
import type { ConfigurationChange } from './plan.ts'
import type { AccessLevel, AccessRule, Characteristic, PlatformException } from './types.ts'

export interface RulesInput {
  /** Of the policy; none where it is not applied. */
  readonly exceptions: readonly PlatformException[]
  readonly existing: readonly AccessRule[]
  readonly own: readonly OwnRule[]
  /** Guids of rules that an administrator handed over. */
  readonly handedOver: readonly string[]
  /** The organization's default as this run will leave it. */
  readonly defaultLevel: AccessLevel
  readonly stanceOf: StanceOf
}

export interface RulesPlan {
  readonly planned: readonly AccessRule[]
  readonly changes: readonly ConfigurationChange[]
  readonly own: readonly OwnRule[]
  readonly drift: readonly Drift[]
  readonly differing: readonly { readonly rule: AccessRule; readonly wanted: AccessLevel }[]
}

interface Planning {
  readonly changes: ConfigurationChange[]
  readonly planned: AccessRule[]
  readonly own: OwnRule[]
  readonly drift: Drift[]
  readonly differing: { rule: AccessRule; wanted: AccessLevel }[]
}

interface WantedRule {
  readonly queryString: string
  readonly characteristic: Characteristic
  readonly level: AccessLevel
}

export function planRules(input: RulesInput): RulesPlan {
  const plan: Planning = { changes: [], planned: [], own: [], drift: [], differing: [] }
  const wantedBy = new Map(input.exceptions.flatMap(wantedRule).map((rule) => [ruleKey(rule), rule]))
  const ownBy = new Map(input.own.map((rule) => [ruleKey(rule), rule]))
  const handedOver = new Set(input.handedOver)
  for (const rule of input.existing) {
    const wish = wantedBy.get(ruleKey(rule))
    wantedBy.delete(ruleKey(rule))
    const recorded = ownBy.get(ruleKey(rule))
    if (recorded && (recorded.guid === null || recorded.guid === rule.guid)) {
      planOwn(input, plan, rule, { ...recorded, ...rule, level: recorded.level }, wish)
    } else if (rule.guid !== null && handedOver.has(rule.guid)) {
      planOwn(input, plan, rule, { ...rule, before: rule.level }, wish)
    } else {
      plan.planned.push(rule)
      if (wish && wish.level !== rule.level) plan.differing.push({ rule, wanted: wish.level })
    }
  }
  for (const wish of wantedBy.values()) planMissing(input, plan, wish, ownBy.get(ruleKey(wish)))
  return plan
}

/** family ↔ DeviceType, model ↔ DeviceModel (facts/exchange-and-graph.md D6, inference). */
function wantedRule({ type, name, level }: PlatformException): WantedRule[] {
  if (level === 'none') return []
  return [{ queryString: name, characteristic: type === 'family' ? 'DeviceType' : 'DeviceModel', level }]
}

/*
 * wanted    | the rule has                   | what is done
 * a level   | it                             | nothing
 * a level   | another, and easgate set that, | its level is set
 *           |   or set another than wanted   |
 * a level   | another; easgate set the       | drift: mended, or left
 *           |   wanted one                   |
 * no        | any; easgate made it           | taken away
 * no        | what easgate set; handed over  | the level that it had when it was handed over comes back
 * no        | another; handed over           | left: it is somebody else's now
 */
function planOwn(
  { defaultLevel, stanceOf }: RulesInput,
  plan: Planning,
  rule: AccessRule,
  recorded: OwnRule,
  wish: WantedRule | undefined,
): void {
  const isOurs = rule.level === recorded.level || rule.level === recorded.replaced
  if (!wish && recorded.before === undefined) {
    plan.changes.push({ kind: 'removeRule', phase: isStricter(rule.level, defaultLevel) ? 2 : 3, rule })
    plan.own.push(recorded)
    return
  }
  const level = wish?.level ?? (isOurs ? (recorded.before ?? rule.level) : rule.level)
  if (level === rule.level) {
    plan.planned.push(rule)
    plan.own.push(settled({ ...recorded, level }))
    return
  }
  const drift: Drift | null =
    !isOurs && wish?.level === recorded.level
      ? { thing: thingOf(rule), expected: recorded.level, found: rule.level, stance: stanceOf(thingOf(rule)) }
      : null
  plan.own.push(recorded)
  if (drift) plan.drift.push(drift)
  if (drift && drift.stance !== 'mend') {
    plan.planned.push(rule)
    return
  }
  const mends = drift ? { mends: drift.thing } : {}
  plan.changes.push({ kind: 'setRule', phase: isStricter(level, rule.level) ? 3 : 2, rule, level, ...mends })
  plan.planned.push({ ...rule, level })
}

/** No rule of the text is there: made, unless somebody took easgate's away and it is left so. */
function planMissing(
  { defaultLevel, stanceOf }: RulesInput,
  plan: Planning,
  wish: WantedRule,
  recorded: OwnRule | undefined,
): void {
  const isDrift = recorded && recorded.guid !== null && !recorded.isRemoving && recorded.level === wish.level
  const thing = thingOf(wish)
  const stance = isDrift ? stanceOf(thing) : 'mend'
  if (isDrift) {
    plan.own.push(recorded)
    plan.drift.push({ thing, expected: recorded.level, found: null, stance })
    if (stance !== 'mend') return
  }
  const rule = { ...wish, guid: null }
  const phase = isStricter(wish.level, defaultLevel) ? 3 : 2
  plan.changes.push({ kind: 'newRule', phase, rule, ...(isDrift ? { mends: thing } : {}) })
  plan.planned.push(rule)
}

/** Nothing is on its way any more. */
function settled({ replaced: _replaced, isRemoving: _isRemoving, ...rule }: OwnRule): OwnRule {
  return rule
}

/** Exchange holds one rule per characteristic and text, case ignored. */
export function ruleKey({ characteristic, queryString }: Pick<AccessRule, 'characteristic' | 'queryString'>): string {
  return `${characteristic}|${queryString.toLowerCase()}`
}

function thingOf({ characteristic, queryString }: Pick<AccessRule, 'characteristic' | 'queryString'>): string {
  return `rule:${characteristic}:${queryString.toLowerCase()}`
}
