/** What Exchange itself does with a record: lists, then access rules, then the organization's default (facts A10). Pure. */
import type { Membership } from './plan.ts'
import type { AccessLevel, AccessRule, EasRecord } from './types.ts'

/** A default and rules, made ready for many questions. */
export interface ServerRules {
  readonly defaultLevel: AccessLevel
  /** For each characteristic that has rules: lower-case query string → its rule. */
  readonly lookups: readonly {
    readonly read: (record: EasRecord) => string | null
    readonly rules: ReadonlyMap<string, AccessRule>
  }[]
}

export interface BaseAccess {
  readonly level: AccessLevel
  readonly by: 'rule' | 'default'
  readonly rule: AccessRule | null
}

// DeviceType, DeviceModel, DeviceOS, UserAgent can be read off a record; XMSWLHeader cannot, so such rules never match here
const readers: Readonly<Record<string, (record: EasRecord) => string | null>> = {
  DeviceType: (record) => record.deviceType,
  DeviceModel: (record) => record.deviceModel,
  DeviceOS: (record) => record.deviceOs,
  UserAgent: (record) => record.userAgent,
}

/** Block before quarantine before allow, whichever characteristic they are on (facts A10, row 7). */
const strictness: Record<AccessLevel, number> = { allow: 0, quarantine: 1, block: 2 }

export function isStricter(a: AccessLevel, b: AccessLevel): boolean {
  return strictness[a] > strictness[b]
}

export function compileRules(defaultLevel: AccessLevel, rules: readonly AccessRule[]): ServerRules {
  const lookups = Object.entries(readers).flatMap(([characteristic, read]) => {
    const byQuery = new Map<string, AccessRule>()
    for (const rule of rules) {
      if (rule.characteristic !== characteristic) continue
      const query = rule.queryString.toLowerCase()
      const other = byQuery.get(query)
      if (!other || isStricter(rule.level, other.level)) byQuery.set(query, rule)
    }
    return byQuery.size === 0 ? [] : [{ read, rules: byQuery }]
  })
  return { defaultLevel, lookups }
}

/** What a record gets that stands on neither list. */
export function baseAccess(record: EasRecord, server: ServerRules): BaseAccess {
  let found: AccessRule | null = null
  for (const { read, rules } of server.lookups) {
    const text = read(record)
    const rule = text === null ? undefined : rules.get(text.toLowerCase())
    if (rule && (!found || isStricter(rule.level, found.level))) found = rule
  }
  return found
    ? { level: found.level, by: 'rule', rule: found }
    : { level: server.defaultLevel, by: 'default', rule: null }
}

/** What a record gets, lists included; blocked wins over allowed. */
export function effectiveAccess(membership: Membership, base: AccessLevel): AccessLevel {
  if (membership === 'blocked' || membership === 'both') return 'block'
  return membership === 'allowed' ? 'allow' : base
}
