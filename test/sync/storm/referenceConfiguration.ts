/** Exchange's configuration as a sync of easgate's must leave it, read from design.md 4 and 6 a second time. Pure. */
import type { AccessRule, EasRecord, Policy } from '../../../functions/core/types.ts'
import type { Truth } from './reference.ts'

export interface ServerPlan {
  readonly defaultLevel: Truth['defaultLevel']
  readonly rules: readonly Pick<AccessRule, 'characteristic' | 'queryString' | 'level'>[]
}

/*
 * policy applied | sync  | default          | rules
 * yes            | full  | the policy's     | others', and one per exception that none of them names
 * yes            | quick | as it is         | as they are
 * no             | any   | as before easgate | others'
 */
export function planOf(truth: Truth, policy: Policy, kind: 'full' | 'quick'): ServerPlan {
  const { defaultAccessLevel: level } = policy
  const others = truth.rules.filter(({ guid }) => !truth.ownRules.has(guid ?? ''))
  if (!policy.enabled || level === 'none') return { defaultLevel: truth.firstDefault, rules: others }
  if (kind === 'quick') return { defaultLevel: truth.defaultLevel, rules: truth.rules }
  const wanted = policy.exceptions.flatMap((exception) =>
    exception.level === 'none'
      ? []
      : [
          {
            characteristic: exception.type === 'family' ? 'DeviceType' : 'DeviceModel',
            queryString: exception.name,
            level: exception.level,
          },
        ],
  )
  const isNamed = (rule: ServerPlan['rules'][number]) => others.some((other) => ruleText(other) === ruleText(rule))
  return { defaultLevel: level, rules: [...others, ...wanted.filter((rule) => !isNamed(rule))] }
}

export const ruleText = ({ characteristic, queryString }: ServerPlan['rules'][number]) =>
  `${characteristic} ${queryString.toLowerCase()}`

/** Of rules that fit, block wins over quarantine over allow; where none fits, the default. */
export function ruleOrDefault({ deviceType, deviceModel }: EasRecord, { rules, defaultLevel }: ServerPlan) {
  const fits = rules.filter(({ characteristic, queryString }) => {
    const text = characteristic === 'DeviceType' ? deviceType : characteristic === 'DeviceModel' ? deviceModel : null
    return text !== null && text.toLowerCase() === queryString.toLowerCase()
  })
  const level = (['block', 'quarantine', 'allow'] as const).find((one) => fits.some((rule) => rule.level === one))
  return level ? ({ level, by: 'rule' } as const) : ({ level: defaultLevel, by: 'default' } as const)
}
