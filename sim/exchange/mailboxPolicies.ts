/** The EAS mailbox policies: one store under the MobileDevice names, read and written in either dialect (facts A8). */
import { randomUUID } from 'node:crypto'
import { errors } from './cmdletError.ts'
import { stableGuid } from './stableGuid.ts'
import type { StatedPolicy } from './world.ts'

export interface MailboxPolicy {
  readonly guid: string
  readonly name: string
  /** Settings under their MobileDevice names. */
  readonly settings: Map<string, unknown>
  isDefault: boolean
  whenChangedUtc: string
}

// ActiveSync name → MobileDevice name
const renamed = new Map([
  ['DevicePasswordEnabled', 'PasswordEnabled'],
  ['AlphanumericDevicePasswordRequired', 'AlphanumericPasswordRequired'],
  ['AllowSimpleDevicePassword', 'AllowSimplePassword'],
  ['MinDevicePasswordLength', 'MinPasswordLength'],
  ['MinDevicePasswordComplexCharacters', 'MinPasswordComplexCharacters'],
  ['MaxDevicePasswordFailedAttempts', 'MaxPasswordFailedAttempts'],
  ['DevicePasswordExpiration', 'PasswordExpiration'],
  ['DevicePasswordHistory', 'PasswordHistory'],
  ['MaxInactivityTimeDeviceLock', 'MaxInactivityTimeLock'],
  ['IsDefaultPolicy', 'IsDefault'],
])

export class MailboxPolicies {
  readonly #policies: MailboxPolicy[] = []

  constructor(stated: readonly StatedPolicy[], at: string) {
    for (const policy of stated) this.load(policy, at)
    if (!this.#policies.some((policy) => policy.isDefault)) this.load({ Name: 'Default', IsDefault: true }, at)
  }

  all(): readonly MailboxPolicy[] {
    return this.#policies
  }

  get default(): MailboxPolicy | undefined {
    return this.#policies.find((policy) => policy.isDefault)
  }

  /** A policy of the world, or more of one: merged by Guid or Name. */
  load(stated: StatedPolicy, at: string): void {
    const { Name, Guid, ...settings } = stated
    const guid = (Guid ?? stableGuid(`policy ${Name}`)).toLowerCase()
    const isIt = (other: MailboxPolicy) =>
      other.guid === guid || (!Guid && other.name.toLowerCase() === Name.toLowerCase())
    const policy = this.#policies.find(isIt) ?? this.#add(guid, Name, at)
    this.change(policy, Object.entries(settings), at)
  }

  create(name: string, settings: Iterable<[string, unknown]>, at: string, server: string): MailboxPolicy {
    if (this.find(name).length > 0) throw errors.alreadyExists(`CN=${name},CN=Mobile Mailbox Policies`, server)
    const policy = this.#add(randomUUID(), name, at)
    this.change(policy, settings, at)
    return policy
  }

  /** Returns whether anything became different. One policy is the default; making another the default takes it from the first. */
  change(policy: MailboxPolicy, settings: Iterable<[string, unknown]>, at: string): boolean {
    let changed = false
    for (const [given, value] of settings) {
      const name = renamed.get(given) ?? given
      if (name === 'IsDefault') changed = this.#setDefault(policy, value === true) || changed
      else if (JSON.stringify(policy.settings.get(name)) !== JSON.stringify(value)) {
        policy.settings.set(name, value)
        changed = true
      }
    }
    if (changed) policy.whenChangedUtc = at
    return changed
  }

  remove(policy: MailboxPolicy): void {
    this.#policies.splice(this.#policies.indexOf(policy), 1)
  }

  find(identity: string): readonly MailboxPolicy[] {
    const wanted = identity.toLowerCase()
    return this.#policies.filter((policy) => policy.guid === wanted || policy.name.toLowerCase() === wanted)
  }

  /** The policy of that name; made when the world names one that it does not describe. */
  named(identity: string, at: string): MailboxPolicy {
    return this.find(identity)[0] ?? this.#add(stableGuid(`policy ${identity}`), identity, at)
  }

  #add(guid: string, name: string, at: string): MailboxPolicy {
    const policy = { guid, name, settings: new Map<string, unknown>(), isDefault: false, whenChangedUtc: at }
    this.#policies.push(policy)
    return policy
  }

  #setDefault(policy: MailboxPolicy, isDefault: boolean): boolean {
    if (policy.isDefault === isDefault) return false
    if (isDefault) for (const other of this.#policies) other.isDefault = false
    policy.isDefault = isDefault
    return true
  }
}

/** The MobileDevice name of a setting that may be given by its ActiveSync name. */
export function mobileName(setting: string): string {
  return renamed.get(setting) ?? setting
}
