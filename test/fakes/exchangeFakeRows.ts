/** The pure half of the fake Exchange: how stated objects read, how lists are edited, which rules fit. */
import type { AccessLevel, AccessRule } from '../../functions/core/types.ts'
import type { CommandOutcome } from '../../functions/ports.ts'
import type { FakeDevice, FakeMailbox } from './exchangeFakeWorld.ts'

export type Failure = NonNullable<CommandOutcome['failure']>

export const states = { allow: 'allowed', block: 'blocked', quarantine: 'quarantined' } as const

export function levelOf(text: string): AccessLevel {
  const level = text.toLowerCase()
  if (level === 'allow' || level === 'block' || level === 'quarantine') return level
  throw new Error(`no access level: ${text}`)
}

export function dnOf(mailbox: FakeMailbox): string {
  return mailbox.DistinguishedName ?? `CN=${mailbox.Guid.toLowerCase()},OU=Users,DC=fake`
}

export function nameOf(mailbox: FakeMailbox): string {
  const first = /^CN=((?:[^\\,]|\\.)*)/i.exec(dnOf(mailbox))?.[1] ?? mailbox.Guid
  return mailbox.Name ?? first.replace(/\\(.)/g, '$1')
}

export function addressesOf(mailbox: FakeMailbox): string[] {
  const primary = mailbox.PrimarySmtpAddress ? [`SMTP:${mailbox.PrimarySmtpAddress}`] : []
  const smtp = [...(mailbox.EmailAddresses ?? []), ...primary].filter((address) => /^(smtp:|[^:]+$)/i.test(address))
  return [...new Set(smtp.map((address) => address.replace(/^smtp:/i, '').toLowerCase()))].toSorted()
}

export function fits(rule: AccessRule, device: FakeDevice): boolean {
  const values: Record<string, string | null | undefined> = {
    DeviceType: device.DeviceType,
    DeviceModel: device.DeviceModel,
    DeviceOS: device.DeviceOS,
    UserAgent: device.DeviceUserAgent,
  }
  return values[rule.characteristic]?.toLowerCase() === rule.queryString.toLowerCase()
}

export function hasId(list: readonly string[], id: string): boolean {
  return list.some((entry) => entry.toLowerCase() === id.toLowerCase())
}

/** The same list object when nothing changed. Removes first, so that one command may respell an id. */
export function edited(list: readonly string[], add: readonly string[], remove: readonly string[]): readonly string[] {
  const kept = list.filter((entry) => !hasId(remove, entry))
  const added = add.filter((id) => !hasId(kept, id))
  return kept.length === list.length && added.length === 0 ? list : [...kept, ...added]
}

export function failure(category: string, message: string, ran: Failure['ran']): Failure {
  return { category, message, ran }
}

export function notFound(guid: string): Failure {
  return failure('notFound', `The object '${guid}' couldn't be found.`, 'no')
}

/** Every pair of type and model that Exchange has seen. */
export function deviceClassesOf(devices: Iterable<FakeDevice>): { type: string; model: string }[] {
  const seen = new Map<string, { type: string; model: string }>()
  for (const { DeviceType: type, DeviceModel: model } of devices) {
    if (type && model) seen.set(`${type} ${model}`, { type, model })
  }
  return [...seen.values()]
}
