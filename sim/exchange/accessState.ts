/** Decides a device's access state as Exchange does (facts/exchange-and-graph.md A10, rows 4, 5, 7 and 8). Pure. */

export const accessLevels = ['Allow', 'Block', 'Quarantine'] as const
/** What an access rule may look at (facts A5). */
export const characteristics = ['DeviceType', 'DeviceModel', 'DeviceOS', 'UserAgent', 'XMSWLHeader'] as const

export type AccessLevel = (typeof accessLevels)[number]

export interface AccessFacts {
  readonly deviceId: string
  readonly blocked: readonly string[]
  readonly allowed: readonly string[]
  /** The access rules that fit this device, at most one per characteristic. */
  readonly rules: readonly { readonly level: AccessLevel; readonly identity: string }[]
  readonly defaultLevel: AccessLevel
}

export interface AccessState {
  readonly state: 'Allowed' | 'Blocked' | 'Quarantined'
  readonly reason: 'Individual' | 'DeviceRule' | 'Global'
  readonly rule: string | null
}

const stateOf = { Allow: 'Allowed', Block: 'Blocked', Quarantine: 'Quarantined' } as const
const ruleOrder = ['Block', 'Quarantine', 'Allow'] as const

// | id on the blocked list             | Blocked  | Individual |
// | id on the allowed list             | Allowed  | Individual |
// | a rule fits: block, then           | its      | DeviceRule |
// |   quarantine, then allow           | level    |            |
// | otherwise the organization default | default  | Global     |
export function accessState(facts: AccessFacts): AccessState {
  if (hasId(facts.blocked, facts.deviceId)) return { state: 'Blocked', reason: 'Individual', rule: null }
  if (hasId(facts.allowed, facts.deviceId)) return { state: 'Allowed', reason: 'Individual', rule: null }
  for (const level of ruleOrder) {
    const rule = facts.rules.find((candidate) => candidate.level === level)
    if (rule) return { state: stateOf[level], reason: 'DeviceRule', rule: rule.identity }
  }
  return { state: stateOf[facts.defaultLevel], reason: 'Global', rule: null }
}

/** Membership of a device list: case ignored. */
export function hasId(list: readonly string[], id: string): boolean {
  if (list.length === 0) return false
  const wanted = id.toLowerCase()
  return list.some((entry) => entry.toLowerCase() === wanted)
}
