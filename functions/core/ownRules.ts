/** Access rules on record as easgate's own, before and after a command on one of them. Pure. */
import type { OwnRule } from './ownConfiguration.ts'
import type { ConfigurationChange } from './plan.ts'
import { ruleKey } from './planRules.ts'

type RuleChange = Extract<ConfigurationChange, { kind: 'newRule' | 'setRule' | 'removeRule' }>

export function claimRule(planned: RuleChange, own: readonly OwnRule[]): readonly OwnRule[] {
  if (planned.kind === 'newRule') {
    const known = own.find((rule) => isIt(planned, rule))
    // In the place of one that somebody took away; handed over once, it remains so
    const before = known?.before === undefined ? {} : { before: known.before }
    return [...own.filter((rule) => rule !== known), { ...planned.rule, guid: null, ...before }]
  }
  return own.map((rule) => {
    if (rule.guid !== planned.rule.guid) return rule
    if (planned.kind === 'removeRule') return { ...rule, isRemoving: true }
    return { ...rule, level: planned.level, replaced: planned.rule.level }
  })
}

/** `guid`: of the rule that was made. */
export function settledRule(planned: RuleChange, own: readonly OwnRule[], guid?: string): readonly OwnRule[] {
  if (planned.kind === 'removeRule') return own.filter((rule) => rule.guid !== planned.rule.guid)
  if (planned.kind === 'newRule') {
    return own.map((rule) =>
      guid !== undefined && rule.guid === null && isIt(planned, rule) ? { ...rule, guid } : rule,
    )
  }
  return own.map((rule) => {
    if (rule.guid !== planned.rule.guid) return rule
    const { replaced: _replaced, ...settled } = rule
    return settled
  })
}

/** As before the claim. */
export function unclaimedRule(
  planned: RuleChange,
  own: readonly OwnRule[],
  before: readonly OwnRule[],
): readonly OwnRule[] {
  return [...own.filter((rule) => !isIt(planned, rule)), ...before.filter((rule) => isIt(planned, rule))]
}

function isIt({ rule }: RuleChange, other: OwnRule): boolean {
  return ruleKey(rule) === ruleKey(other)
}
