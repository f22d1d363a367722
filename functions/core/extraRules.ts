/** The policy's own ordered rules (row 7), made into what the decision table asks. Pure: patterns are compiled at the edge (functions/rules). */
import { compareVersions, osVersion } from './osVersion.ts'
import type { AccessLevel, EasRecord, IntuneDevice, Owner } from './types.ts'

/** Wildcards `*` and `?` over the whole text, or a regular expression found anywhere in it. Case is ignored in both. */
export type TextPattern = { readonly like: string } | { readonly matches: string }
/** A plain text is compared whole, case ignored. */
export type TextTest = string | TextPattern

export type TextProperty = 'deviceId' | 'deviceType' | 'deviceModel' | 'deviceOs' | 'userAgent' | 'user'

/** Every condition named must fit; one whose data is not known does not. */
export type RuleConditions = Partial<Readonly<Record<TextProperty, TextTest | undefined>>> & {
  /** Of the version number in DeviceOS: `from` inclusive, `below` exclusive. */
  readonly osVersion?: { readonly from?: string | undefined; readonly below?: string | undefined } | undefined
  /** Id of a group that the user is in, directly or through groups. */
  readonly group?: string | undefined
  /** At least so many days since the matched Intune device last reported. */
  readonly daysWithoutSync?: number | undefined
}

/** One of the policy's ordered extra rules, as it is set. */
export interface ExtraRuleSetting {
  readonly name: string
  readonly level: AccessLevel
  readonly when: RuleConditions
}

/** What a rule is asked of. */
export interface RuleSubject {
  readonly record: EasRecord
  readonly owner: Owner | null
  /** The match. */
  readonly device: IntuneDevice | null
}

/** One rule, compiled: the core only asks. */
export interface ExtraRule {
  readonly name: string
  readonly level: AccessLevel
  readonly fits: (subject: RuleSubject, nowMs: number) => boolean
}

/** Makes a pattern into a question, in time linear in the text. Throws where it is none. */
export type CompilePattern = (pattern: TextPattern) => (text: string) => boolean

type Condition = ExtraRule['fits']

export const dayMs = 86_400_000

const readers: Readonly<Record<TextProperty, (subject: RuleSubject) => readonly (string | null)[]>> = {
  deviceId: ({ record }) => [record.deviceId],
  deviceType: ({ record }) => [record.deviceType],
  deviceModel: ({ record }) => [record.deviceModel],
  deviceOs: ({ record }) => [record.deviceOs],
  userAgent: ({ record }) => [record.userAgent],
  user: ({ owner }) => (owner ? [owner.user.id, owner.user.upn, ...owner.user.addresses] : []),
}
export const textProperties = Object.keys(readers) as readonly TextProperty[]

/** A rule fits when every condition that it names fits; one that names none fits nothing. Throws what `compile` throws. */
export function compileExtraRules(settings: readonly ExtraRuleSetting[], compile: CompilePattern): ExtraRule[] {
  return settings.map(({ name, level, when }) => {
    const conditions = [
      ...textProperties.flatMap((property) => textCondition(property, when[property], compile)),
      ...versionCondition(when),
      ...groupCondition(when),
      ...daysCondition(when),
    ]
    const fits: Condition = (subject, nowMs) => conditions.every((condition) => condition(subject, nowMs))
    return { name, level, fits: conditions.length > 0 ? fits : () => false }
  })
}

function textCondition(property: TextProperty, wanted: TextTest | undefined, compile: CompilePattern): Condition[] {
  if (wanted === undefined) return []
  const test = typeof wanted === 'string' ? equals(wanted) : compile(wanted)
  const read = readers[property]
  return [(subject) => read(subject).some((text) => text !== null && test(text))]
}

function equals(wanted: string): (text: string) => boolean {
  const lower = wanted.toLowerCase()
  return (text) => text.toLowerCase() === lower
}

function versionCondition({ osVersion: range }: RuleConditions): Condition[] {
  if (!range) return []
  const [from, below] = [osVersion(range.from ?? null), osVersion(range.below ?? null)]
  return [
    ({ record }) => {
      const own = osVersion(record.deviceOs)
      if (!own) return false
      return (!from || compareVersions(own, from) >= 0) && (!below || compareVersions(own, below) < 0)
    },
  ]
}

function groupCondition({ group }: RuleConditions): Condition[] {
  const wanted = group?.toLowerCase()
  return wanted === undefined ? [] : [({ owner }) => owner?.groups?.includes(wanted) ?? false]
}

function daysCondition({ daysWithoutSync: days }: RuleConditions): Condition[] {
  if (days === undefined) return []
  return [
    ({ device }, nowMs) => {
      const lastSync = device?.lastSync ?? null
      return lastSync !== null && nowMs - Date.parse(lastSync) >= days * dayMs
    },
  ]
}

/** After how many days without sync the rules decide otherwise, each once. */
export function syncDaysOf(settings: readonly ExtraRuleSetting[]): readonly number[] {
  return [...new Set(settings.flatMap(({ when }) => when.daysWithoutSync ?? []))]
}

/** What row 7 looked at, for the trace. */
export function ruleInputs(subject: RuleSubject, rules: readonly ExtraRule[], nowMs: number) {
  const { record, owner, device } = subject
  const rule = rules.find(({ fits }) => fits(subject, nowMs))?.name ?? null
  if (rules.length === 0) return { rule }
  const { deviceId, deviceType, deviceModel, deviceOs, userAgent } = record
  const groups = owner?.groups?.join(' ') ?? null
  const lastSync = device?.lastSync ?? null
  const version = osVersion(deviceOs)?.join('.') ?? null
  return {
    rule,
    deviceId,
    deviceType,
    deviceModel,
    deviceOs,
    osVersion: version,
    userAgent,
    user: owner?.user.id ?? null,
    groups,
    lastSync,
  }
}
