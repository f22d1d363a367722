/** The policy's own ordered rules (row 7) read a second time, as far as the random worlds use them. Pure. */
import type { ExtraRuleSetting, TextTest } from '../../../functions/core/extraRules.ts'
import type { EasRecord } from '../../../functions/core/types.ts'
import type { GraphObject } from '../../../sim/graph/world.ts'

interface RuleQuestion {
  readonly rules: readonly ExtraRuleSetting[]
  readonly record: EasRecord
  readonly user: GraphObject
  readonly device: GraphObject | null
  readonly nowMs: number
  readonly isIn: (groups: readonly string[]) => boolean
}

export function extraRuleFor({ rules, record, user, device, nowMs, isIn }: RuleQuestion): ExtraRuleSetting | null {
  const names = [user.id, user['userPrincipalName'], user['mail']].flatMap((text) =>
    typeof text === 'string' ? [text] : [],
  )
  const silentMs = nowMs - Date.parse((device?.['lastSyncDateTime'] ?? '') as string)
  const found = rules.find(({ when }) => {
    const answers = [
      when.deviceType === undefined || (record.deviceType !== null && fits(when.deviceType, record.deviceType)),
      when.user === undefined || names.some((name) => fits(when.user ?? '', name)),
      when.group === undefined || isIn([when.group]),
      // Unknown is no silence: NaN compares false
      when.daysWithoutSync === undefined || silentMs >= when.daysWithoutSync * 86_400_000,
    ]
    return answers.every(Boolean)
  })
  return found ?? null
}

function fits(test: TextTest, text: string): boolean {
  if (typeof test === 'string') return test.toLowerCase() === text.toLowerCase()
  const pattern = 'matches' in test ? test.matches : `^${test.like.replaceAll('.', '\\.').replaceAll('*', '.*')}$`
  return new RegExp(pattern, 'i').test(text)
}
