/** Changes the world from outside, as people and phones do: `patch` and `remove` of a scenario step. */
import { ruleName } from './accessRules.ts'
import type { Exchange } from './exchange.ts'
import { accessRule, type ExchangePatch, type ExchangeRemoval } from './world.ts'

/** Merges by Guid (servers by Name, policies by Guid or Name, rules by Guid or what they match), settings by property. */
export function applyPatch(exchange: Exchange, patch: ExchangePatch): void {
  const at = exchange.time()
  if (patch.organization !== undefined) exchange.organization = patch.organization
  if (patch.dialect !== undefined) exchange.dialect = patch.dialect
  if (patch.hidden) exchange.hidden = patch.hidden
  if (patch.organizationSettings) {
    exchange.settings = { ...exchange.settings, ...patch.organizationSettings }
    exchange.settingsChangedUtc = at
  }
  exchange.deviceClasses = [...exchange.deviceClasses, ...(patch.deviceClasses ?? [])]
  for (const policy of patch.mailboxPolicies ?? []) exchange.policies.load(policy, at)
  for (const mailbox of patch.mailboxes ?? []) exchange.putMailbox(mailbox, at)
  if (patch.mailboxes) exchange.devices.rehome()
  // The partnership hangs below its user, whose object shows that something changed (differences.md)
  for (const device of patch.devices ?? []) exchange.devices.put(device, at).mailbox.whenChangedUtc = at
  for (const rule of patch.accessRules ?? []) patchRule(exchange, rule, at)
  for (const server of patch.servers ?? []) {
    const others = exchange.statedServers.filter((known) => known.Name !== server.Name)
    const known = exchange.statedServers.find((candidate) => candidate.Name === server.Name)
    exchange.statedServers = [...others, { ...known, ...server }]
  }
}

/** Takes objects away; a mailbox goes with the devices below it. Throws an Error that names what is not there. */
export function applyRemoval(exchange: Exchange, removal: ExchangeRemoval): void {
  for (const guid of removal.devices ?? []) {
    const device = exchange.devices.remove(guid)
    if (!device) throw new Error(`remove: there is no device ${guid}`)
    device.mailbox.whenChangedUtc = exchange.time()
  }
  for (const guid of removal.mailboxes ?? []) {
    const mailbox = exchange.mailboxes.remove(guid)
    if (!mailbox) throw new Error(`remove: there is no mailbox ${guid}`)
    const guids = mailbox.devices.map((device) => device.guid)
    for (const deviceGuid of guids) exchange.devices.remove(deviceGuid)
  }
  for (const identity of removal.accessRules ?? []) {
    const [rule] = exchange.rules.find(identity)
    if (!rule) throw new Error(`remove: there is no access rule ${identity}`)
    exchange.rules.remove(rule)
  }
}

type RulePatch = NonNullable<ExchangePatch['accessRules']>[number]

function patchRule(exchange: Exchange, given: RulePatch, at: string): void {
  const { QueryString, Characteristic } = given
  const named = QueryString !== undefined && Characteristic !== undefined
  const identity = given.Guid ?? (named ? ruleName({ QueryString, Characteristic }) : '')
  const [existing] = exchange.rules.find(identity)
  const known = existing ? { ...existing.stated, AccessLevel: existing.level, Guid: existing.guid } : {}
  const rule = accessRule.safeParse({ ...known, ...given })
  if (!rule.success) throw new Error(`patch: there is no access rule ${identity} to complete ${JSON.stringify(given)}`)
  if (existing) exchange.rules.remove(existing)
  exchange.rules.load(rule.data, at)
}
