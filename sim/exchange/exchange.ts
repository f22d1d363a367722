/** The simulated organization: everything that cmdlets read and change, built from a world and changed by patches. */
import { accessState, type AccessState } from './accessState.ts'
import { AccessRules } from './accessRules.ts'
import { Devices, type Device } from './devices.ts'
import { MailboxPolicies, type MailboxPolicy } from './mailboxPolicies.ts'
import { Mailboxes, type Mailbox } from './mailboxes.ts'
import { serverRows, type Server } from './servers.ts'
import type { ExchangeWorld, HiddenPermissions, StatedClass, StatedServer, StatedSettings } from './world.ts'

export type Dialect = 'MobileDevice' | 'ActiveSyncDevice'

export interface DeviceAccess extends Omit<AccessState, 'state'> {
  readonly state: AccessState['state'] | 'DeviceDiscovery'
}

export class Exchange {
  organization: string
  dialect: Dialect
  settings: StatedSettings
  settingsChangedUtc: string
  hidden: HiddenPermissions
  /** What a fault hides beyond that. */
  hiddenByFault: HiddenPermissions = {}
  deviceClasses: readonly StatedClass[]
  statedServers: readonly StatedServer[]
  readonly rules = new AccessRules()
  readonly policies: MailboxPolicies
  readonly mailboxes: Mailboxes
  readonly devices: Devices
  readonly #now: () => number
  #servers: { from: readonly StatedServer[]; dialect: Dialect; rows: readonly Server[] } | undefined

  constructor(world: ExchangeWorld, now: () => number = Date.now) {
    this.#now = now
    this.organization = world.organization ?? 'Contoso'
    this.dialect = world.dialect ?? 'MobileDevice'
    this.settings = world.organizationSettings ?? {}
    this.settingsChangedUtc = this.time()
    this.hidden = world.hidden ?? {}
    this.deviceClasses = world.deviceClasses ?? []
    this.statedServers = world.servers ?? []
    this.policies = new MailboxPolicies(world.mailboxPolicies ?? [], this.time())
    this.mailboxes = new Mailboxes(this.domainDn)
    this.devices = new Devices(this.mailboxes)
    this.#load(world)
  }

  #load(world: ExchangeWorld): void {
    const at = this.time()
    for (const mailbox of world.mailboxes ?? []) {
      if (this.mailboxes.get(mailbox.Guid)) throw new Error(`Two mailboxes of the world have the Guid ${mailbox.Guid}`)
      this.putMailbox(mailbox, at)
    }
    for (const device of world.devices ?? []) {
      if (this.devices.get(device.Guid)) throw new Error(`Two devices of the world have the Guid ${device.Guid}`)
      this.devices.put(device, at)
    }
    for (const rule of world.accessRules ?? []) this.rules.load(rule, at)
  }

  /** Adds or merges; a mailbox policy that is named must exist. */
  putMailbox(stated: NonNullable<ExchangeWorld['mailboxes']>[number], at: string): void {
    const mailbox = this.mailboxes.put(stated, at)
    if (stated.ActiveSyncMailboxPolicy === undefined) return
    mailbox.policy = stated.ActiveSyncMailboxPolicy
      ? this.policies.named(stated.ActiveSyncMailboxPolicy, at).guid
      : null
  }

  /** The organization's DNS domain. */
  get domain(): string {
    return `${this.organization.toLowerCase().replace(/[^a-z0-9-]/g, '') || 'organization'}.com`
  }

  get domainDn(): string {
    return `DC=${this.domain.replaceAll('.', ',DC=')}`
  }

  get servers(): readonly Server[] {
    const made = this.#servers?.from === this.statedServers && this.#servers.dialect === this.dialect
    if (!made || !this.#servers) {
      const rows = serverRows(this.statedServers, this.domain, this.dialect)
      this.#servers = { from: this.statedServers, dialect: this.dialect, rows }
    }
    return this.#servers.rows
  }

  /** The domain controller that error texts name. */
  get domainController(): string {
    return `dc1.${this.domain}`
  }

  time(): string {
    return new Date(this.#now()).toISOString()
  }

  get defaultLevel(): 'Allow' | 'Block' | 'Quarantine' {
    return this.settings.DefaultAccessLevel ?? 'Allow'
  }

  /** Computed at every read: here the state follows lists, rules and default at once. */
  access(device: Device): DeviceAccess {
    const { stated, mailbox } = device
    if (stated.DeviceAccessState === 'DeviceDiscovery')
      return { state: 'DeviceDiscovery', reason: 'Global', rule: null }
    const { blocked, allowed } = mailbox
    const rules = this.rules.matching(stated)
    return accessState({ deviceId: stated.DeviceId ?? '', blocked, allowed, rules, defaultLevel: this.defaultLevel })
  }

  /** The mailbox policy in force: the one assigned, else the default. */
  policyOf(mailbox: Mailbox): MailboxPolicy | undefined {
    const assigned = mailbox.policy === null ? undefined : this.policies.find(mailbox.policy)[0]
    return assigned ?? this.policies.default
  }

  /** Runs a change of a mailbox's lists and moves the change time of the devices whose state it changed. */
  changeLists(mailbox: Mailbox, change: () => void): void {
    const before = mailbox.devices.map((device) => this.access(device).state)
    change()
    const at = this.time()
    mailbox.whenChangedUtc = at
    for (const [index, device] of mailbox.devices.entries()) {
      if (this.access(device).state !== before[index]) device.whenChangedUtc = at
    }
  }
}
