/**
 * design.md 6 read a second time, for the tests alone: what each EAS record must be decided as, from the raw world. Shares no code with the product's
 * rules. Pure.
 */
import type { AccessRule, EasRecord, Mailbox, Policy } from '../../../functions/core/types.ts'
import type { GraphObject, GraphWorld } from '../../../sim/graph/world.ts'
import { planOf, ruleOrDefault, type ServerPlan } from './referenceConfiguration.ts'
import { extraRuleFor } from './referenceRules.ts'

/** Everything that is true at one instant. */
export interface Truth {
  readonly mailboxes: readonly Mailbox[]
  readonly records: readonly EasRecord[]
  readonly defaultLevel: 'allow' | 'block' | 'quarantine'
  readonly rules: readonly AccessRule[]
  /** Exchange's default before easgate came. */
  readonly firstDefault: 'allow' | 'block' | 'quarantine'
  /** Guids of the access rules that easgate made. */
  readonly ownRules: ReadonlySet<string>
  readonly graph: GraphWorld
  readonly pins: ReadonlyMap<string, TruePin>
  /** Entries that easgate made (entryKey). */
  readonly own: ReadonlySet<string>
}

export interface TruePin {
  readonly access: 'allow' | 'block'
  readonly until: string | null
}

export interface Expectation {
  readonly access: string
  readonly reason: string
  readonly fallback: boolean
}

export const entryKey = (mailbox: string, list: 'allowed' | 'blocked', deviceId: string) =>
  `${mailbox}|${list}|${deviceId.toLowerCase()}`

const lower = (text: unknown) => (typeof text === 'string' ? text.trim().toLowerCase() : '')

export interface Question {
  readonly truth: Truth
  readonly policy: Policy
  readonly kind: 'full' | 'quick'
  readonly nowMs: number
}

/** By record Guid. */
export function referenceDecisions(question: Question): Map<string, Expectation> {
  const { truth, policy, kind } = question
  const server = planOf(truth, policy, kind)
  const byDn = new Map(truth.mailboxes.map((mailbox) => [lower(mailbox.dn), mailbox]))
  return new Map(
    truth.records.map((record) => {
      const [access, reason] = row(question, record, byDn.get(lower(record.mailboxDn)) ?? null, server)
      const fallback = access === 'quarantine' && ruleOrDefault(record, server).level !== 'quarantine'
      return [record.guid, { access, reason, fallback }]
    }),
  )
}

/** The first row that fits. */
function row(
  { truth, policy, nowMs }: Question,
  record: EasRecord,
  mailbox: Mailbox | null,
  server: ServerPlan,
): readonly [string, string] {
  const { settings } = policy
  const held = policy.defaultAccessLevel === 'quarantine' ? 'quarantine' : 'block'
  if (![null, 'EAS'].includes(record.clientType) || record.state === 'deviceDiscovery') return ['leave', 'notEvaluated']
  if (mailbox && !mailbox.isActiveSyncEnabled) return ['leave', 'notEvaluated']
  const user = mailbox && userOf(mailbox, truth.graph.users ?? [])
  if (!mailbox || !user) return ['leave', 'unresolvedUser']

  const pin = truth.pins.get(record.guid)
  if (pin && (pin.until === null || Date.parse(pin.until) > nowMs)) return [pin.access, 'pinned']

  const isIn = (groups: readonly string[]) => groups.some((group) => membersOf(truth.graph, group).has(lower(user.id)))
  const isExcluded = isIn(policy.excludedGroups)
  if (!policy.enabled) return ['leave', 'outOfScope']
  if (settings.scope.servers.length > 0) {
    if (mailbox.serverName === null) return ['leave', 'notEvaluated']
    if (!settings.scope.servers.includes(mailbox.serverName)) return ['leave', 'outOfScope']
  }
  if (!isExcluded && !(isLicensed(user, settings.intunePlanIds) && isIn(policy.includedGroups)))
    return ['leave', 'outOfScope']

  const has = (list: 'allowed' | 'blocked') => mailbox[list].some((id) => lower(id) === lower(record.deviceId))
  const isOwn = (list: 'allowed' | 'blocked') => truth.own.has(entryKey(mailbox.guid, list, record.deviceId))
  const isForeign = (['allowed', 'blocked'] as const).some((list) => has(list) && !isOwn(list))
  if (isForeign && settings.manualEntries === 'respect') return ['leave', 'manualEntry']

  const base = ruleOrDefault(record, server)
  if (isExcluded) return [base.by === 'default' && base.level !== 'allow' ? 'allow' : 'leave', 'exempt']

  const device = deviceOf(record, user, truth.graph.managedDevices ?? [])
  const rule = extraRuleFor({ rules: settings.extraRules, record, user, device, nowMs, isIn })
  if (rule) return [rule.level, 'extraRule']
  const compliance = device ? (device['complianceState'] ?? 'unknown') : null
  if (['noncompliant', 'conflict', 'error'].includes(compliance as string))
    return [settings.notCompliantLevel ?? held, 'notCompliant']
  if (isOld(record, policy, nowMs)) return ['allow', 'grandfathered']
  if (device && device['azureADRegistered'] !== true && device['deviceRegistrationState'] !== 'registered')
    return [held, 'notRegistered']
  if (device && compliance !== 'compliant' && compliance !== 'inGracePeriod') {
    const keeps = has('allowed') && !has('blocked') && (isOwn('allowed') || settings.manualEntries === 'adopt')
    return [keeps ? 'allow' : held, 'complianceUnknown']
  }
  if (device) return [policy.overrideDefaultRule ? 'allow' : 'leave', compliance as string]
  if (isExcepted(record, policy, base.level)) return ['leave', 'platformRule']
  const ageMs = record.firstSync === null ? Infinity : nowMs - Date.parse(record.firstSync)
  if (ageMs < settings.newRecordGraceMinutes * 60_000) return ['leave', 'newRecordGrace']
  return [settings.notEnrolledLevel ?? held, 'notEnrolled']
}

function isOld({ firstSync, state }: EasRecord, { settings: { grandfather } }: Policy, nowMs: number): boolean {
  if (!grandfather || firstSync === null || state !== 'allowed') return false
  return Date.parse(firstSync) < Date.parse(grandfather.existedBefore) && nowMs < Date.parse(grandfather.until)
}

const strictness = ['allow', 'quarantine', 'block']

/** Without a default of the policy's its exceptions are no rules: one that is stricter than Exchange would let the phone in. */
function isExcepted({ deviceType, deviceModel }: EasRecord, policy: Policy, base: string): boolean {
  const named = policy.exceptions.find(({ type, name, level }) => {
    const text = type === 'family' ? deviceType : deviceModel
    return level !== 'none' && lower(text) !== '' && lower(text) === lower(name)
  })
  if (!named) return false
  return policy.defaultAccessLevel !== 'none' || strictness.indexOf(named.level) <= strictness.indexOf(base)
}

function isLicensed(user: GraphObject, planIds: readonly string[]): boolean {
  const plans = (user['assignedPlans'] ?? []) as { servicePlanId?: string; capabilityStatus?: string }[]
  return plans.some(
    ({ servicePlanId, capabilityStatus }) =>
      planIds.includes(lower(servicePlanId)) && ['Enabled', 'Warning'].includes(capabilityStatus ?? ''),
  )
}

/** By DN, else by any address; two users that claim the mailbox are none. */
function userOf(mailbox: Mailbox, users: readonly GraphObject[]): GraphObject | null {
  const byDn = users.filter((user) => lower(user['onPremisesDistinguishedName']) === lower(mailbox.dn))
  const claims = byDn.length > 0 ? byDn : users.filter((user) => mailbox.addresses.includes(lower(user['mail'])))
  return claims.length === 1 ? (claims[0] ?? null) : null
}

export function membersOf({ groups = [] }: GraphWorld, id: string): Set<string> {
  const found = new Set<string>()
  const todo = [lower(id)]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (found.has(next)) continue
    found.add(next)
    todo.push(...(groups.find((group) => lower(group.id) === next)?.members ?? []).map(lower))
  }
  return found
}

function deviceOf(record: EasRecord, user: GraphObject, devices: readonly GraphObject[]): GraphObject | null {
  const matches = devices.filter(
    (device) =>
      lower(device['userId']) === lower(user.id) &&
      lower(device['easDeviceId']) !== '' &&
      lower(device['easDeviceId']) === lower(record.deviceId) &&
      device['managementState'] === 'managed' &&
      device['managementAgent'] !== 'eas',
  )
  const time = (device: GraphObject) => Date.parse((device['lastSyncDateTime'] ?? '') as string) || 0
  return matches.toSorted((a, b) => time(b) - time(a) || (lower(a.id) < lower(b.id) ? -1 : 1))[0] ?? null
}
