/** The device access rules: exact text, case ignored, at most one per text and characteristic (facts A7). */
import { randomUUID } from 'node:crypto'
import { errors } from './cmdletError.ts'
import { stableGuid } from './stableGuid.ts'
import { characteristics, type AccessLevel } from './accessState.ts'
import type { StatedDevice, StatedRule } from './world.ts'

export interface AccessRule {
  readonly guid: string
  readonly stated: StatedRule
  level: AccessLevel
  whenChangedUtc: string
}

export class AccessRules {
  readonly #byMatch = new Map<string, AccessRule>()

  all(): Iterable<AccessRule> {
    return this.#byMatch.values()
  }

  /** New-ActiveSyncDeviceAccessRule. A second rule for the same text and characteristic is an error (facts A7). */
  create(stated: StatedRule, at: string, server: string): AccessRule {
    const key = matchKey(stated)
    if (this.#byMatch.has(key)) throw errors.alreadyExists(`CN=${ruleName(stated)},CN=Mobile Mailbox Settings`, server)
    const rule = { guid: randomUUID(), stated, level: stated.AccessLevel, whenChangedUtc: at }
    this.#byMatch.set(key, rule)
    return rule
  }

  /** A rule of the world: its Guid is as stated, or made from what it matches, so that it is the same at every start. */
  load(stated: StatedRule, at: string): void {
    const guid = (stated.Guid ?? stableGuid(`rule ${matchKey(stated)}`)).toLowerCase()
    this.#byMatch.set(matchKey(stated), { guid, stated, level: stated.AccessLevel, whenChangedUtc: at })
  }

  remove(rule: AccessRule): void {
    this.#byMatch.delete(matchKey(rule.stated))
  }

  find(identity: string): readonly AccessRule[] {
    const wanted = identity.toLowerCase()
    return [...this.all()].filter((rule) => rule.guid === wanted || ruleName(rule.stated).toLowerCase() === wanted)
  }

  /** The rules that fit a device. */
  matching(device: StatedDevice): { level: AccessLevel; identity: string }[] {
    if (this.#byMatch.size === 0) return []
    const fitting = characteristics.flatMap((characteristic) => {
      const value = device[characteristic === 'UserAgent' ? 'DeviceUserAgent' : characteristic]
      if (typeof value !== 'string') return []
      return this.#byMatch.get(matchKey({ Characteristic: characteristic, QueryString: value })) ?? []
    })
    return fitting.map((rule) => ({ level: rule.level, identity: ruleName(rule.stated) }))
  }
}

/** `<QueryString> (<Characteristic>)` */
export function ruleName(rule: Pick<StatedRule, 'QueryString' | 'Characteristic'>): string {
  return `${rule.QueryString} (${rule.Characteristic})`
}

function matchKey(rule: Pick<StatedRule, 'QueryString' | 'Characteristic'>): string {
  return `${rule.Characteristic} ${rule.QueryString.toLowerCase()}`
}
