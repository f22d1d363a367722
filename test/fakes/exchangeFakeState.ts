/** The state behind the fake Exchange: lists, rules and default with Exchange's own semantics, and its refusals. */
import type { AccessLevel, AccessRule, EasRecord, ExchangeConfiguration, Mailbox } from '../../functions/core/types.ts'
import type { LastSync } from '../../functions/core/stale.ts'
import type { ChangeCommand, DeviceLists } from '../../functions/ports.ts'
import {
  addressesOf,
  deviceClassesOf,
  dnOf,
  edited,
  failure,
  fits,
  hasId,
  levelOf,
  nameOf,
  notFound,
  states,
  type Failure,
} from './exchangeFakeRows.ts'
import { fakePolicies, type FakePolicies } from './exchangeFakePolicies.ts'
import type { FakeDevice, FakeMailbox, FakeRule, FakeWorld } from './exchangeFakeWorld.ts'

interface Lists {
  allowed: readonly string[]
  blocked: readonly string[]
}

interface Rule extends AccessRule {
  readonly guid: string
}

/** Every Guid that comes in is compared in lower case; ids on lists and texts of rules ignore case, as Exchange does. */
export class ExchangeFakeState {
  readonly #mailboxes = new Map<string, FakeMailbox>()
  readonly #lists = new Map<string, Lists>()
  readonly #devices = new Map<string, FakeDevice>()
  readonly #rules = new Map<string, Rule>()
  readonly #world: FakeWorld
  #defaultLevel: AccessLevel
  #userMailInsert: string | null
  #adminMailRecipients: readonly string[]
  readonly #policies: FakePolicies
  #made = 0
  /** When each mailbox was changed last; a partnership that comes, changes or goes counts, as in the simulator. */
  readonly #changedAt = new Map<string, string>()
  now: () => Date = () => new Date(0)

  constructor(world: FakeWorld) {
    this.#world = world
    this.#defaultLevel = levelOf(world.organizationSettings?.DefaultAccessLevel ?? 'Allow')
    this.#userMailInsert = world.organizationSettings?.UserMailInsert ?? null
    this.#adminMailRecipients = world.organizationSettings?.AdminMailRecipients ?? []
    this.#policies = fakePolicies(world.mailboxPolicies ?? [], () => this.#newGuid())
    for (const mailbox of world.mailboxes ?? []) this.putMailbox(mailbox)
    for (const device of world.devices ?? []) this.putDevice(device)
    for (const rule of world.accessRules ?? []) this.putRule(rule)
  }

  changedAt(guid: string): string {
    return this.#changedAt.get(guid.toLowerCase()) ?? ''
  }

  #touch(guid: string | null | undefined): void {
    if (guid) this.#changedAt.set(guid.toLowerCase(), this.now().toISOString())
  }

  putMailbox(mailbox: FakeMailbox): void {
    const guid = mailbox.Guid.toLowerCase()
    this.#touch(guid)
    const { ActiveSyncMailboxPolicy: policy } = mailbox
    const given =
      policy === undefined ? {} : { ActiveSyncMailboxPolicy: policy && (this.#policies.guidOf(policy) ?? null) }
    this.#mailboxes.set(guid, { ...this.#mailboxes.get(guid), ...mailbox, ...given })
    const before = this.#lists.get(guid)
    this.#lists.set(guid, {
      allowed: mailbox.ActiveSyncAllowedDeviceIDs ?? before?.allowed ?? [],
      blocked: mailbox.ActiveSyncBlockedDeviceIDs ?? before?.blocked ?? [],
    })
  }

  putDevice(device: FakeDevice): void {
    const guid = device.Guid.toLowerCase()
    this.#devices.set(guid, { ...this.#devices.get(guid), ...device })
    this.#touch(this.#devices.get(guid)?.Mailbox)
  }

  putRule(rule: FakeRule): void {
    const guid = (rule.Guid ?? this.#newGuid()).toLowerCase()
    const level = levelOf(rule.AccessLevel)
    this.#rules.set(guid, { guid, queryString: rule.QueryString, characteristic: rule.Characteristic, level })
  }

  removeMailbox(guid: string): void {
    this.#mailboxes.delete(guid.toLowerCase())
    this.#lists.delete(guid.toLowerCase())
  }

  removeDevice(guid: string): void {
    this.#touch(this.#devices.get(guid.toLowerCase())?.Mailbox)
    this.#devices.delete(guid.toLowerCase())
  }

  removeRule(guid: string): void {
    this.#rules.delete(guid.toLowerCase())
  }

  mailboxes(): Mailbox[] {
    return [...this.#mailboxes].map(([guid, stated]) => ({
      guid,
      dn: dnOf(stated),
      name: nameOf(stated),
      displayName: stated.DisplayName ?? nameOf(stated),
      primarySmtp: stated.PrimarySmtpAddress?.toLowerCase() ?? null,
      addresses: addressesOf(stated),
      isActiveSyncEnabled: stated.ActiveSyncEnabled ?? true,
      serverName: stated.ServerName ?? this.#world.servers?.[0]?.Name ?? null,
      activeSyncPolicy: this.#policies.nameOf(stated.ActiveSyncMailboxPolicy),
      ...this.#listsOf(guid),
    }))
  }

  records(): EasRecord[] {
    return [...this.#devices].map(([guid, stated]) => ({
      guid,
      mailboxDn: this.#mailboxDnOf(stated),
      deviceId: stated.DeviceId ?? '',
      deviceType: stated.DeviceType ?? null,
      deviceModel: stated.DeviceModel ?? null,
      deviceOs: stated.DeviceOS ?? null,
      userAgent: stated.DeviceUserAgent ?? null,
      clientType: stated.ClientType ?? null,
      firstSync: stated.FirstSyncTime ? new Date(stated.FirstSyncTime).toISOString() : null,
      ...this.#access(stated),
    }))
  }

  lastSyncs(mailboxGuid: string): LastSync[] {
    const own = [...this.#devices].filter(([, { Mailbox }]) => Mailbox?.toLowerCase() === mailboxGuid.toLowerCase())
    return own.map(([record, stated]) => {
      const times = [stated.LastSuccessSync, stated.LastSyncAttemptTime].flatMap((time) => time ?? [])
      const { DeviceWipeRequestTime: asked, DeviceWipeAckTime: confirmed } = stated
      return {
        record,
        deviceId: stated.DeviceId ?? null,
        deviceType: stated.DeviceType ?? null,
        lastSync:
          times
            .map((time) => new Date(time).toISOString())
            .toSorted()
            .at(-1) ?? null,
        isWipePending: Boolean(asked) && !(confirmed && asked && confirmed >= asked),
      }
    })
  }

  configuration(): ExchangeConfiguration {
    return {
      organization: this.#world.organization ?? null,
      defaultLevel: this.#defaultLevel,
      userMailInsert: this.#userMailInsert,
      adminMailRecipients: this.#adminMailRecipients,
      rules: [...this.#rules.values()],
      servers: (this.#world.servers ?? []).map((server) => ({
        name: server.Name,
        fqdn: server.Fqdn ?? null,
        role: server.ServerRole ?? '',
        version: server.AdminDisplayVersion ?? '',
      })),
      deviceClasses: deviceClassesOf(this.#devices.values()),
      mailboxPolicies: this.#policies.all(),
    }
  }

  /** null: no such mailbox. */
  lists(guid: string): DeviceLists | null {
    return this.#mailboxes.has(guid.toLowerCase()) ? this.#listsOf(guid.toLowerCase()) : null
  }

  /** Runs one command: what it gave, or why it failed. */
  run(command: ChangeCommand): { readonly guid?: string; readonly warnings: readonly string[] } | Failure {
    if (command.kind === 'lists') return this.#runLists(command)
    if (command.kind === 'assignPolicy') return this.#runAssign(command)
    if (command.kind === 'newRule') return this.#runNewRule(command)
    if (command.kind === 'defaultLevel') {
      this.#defaultLevel = command.level
      return { warnings: [] }
    }
    if (command.kind === 'userMailInsert') {
      this.#userMailInsert = command.text.trim() === '' ? null : command.text
      return { warnings: [] }
    }
    if (command.kind === 'adminMailRecipients') {
      this.#adminMailRecipients = command.addresses
      return { warnings: [] }
    }
    if (command.kind === 'newPolicy' || command.kind === 'setPolicy' || command.kind === 'removePolicy') {
      const isUsed = (guid: string) => [...this.#mailboxes.values()].some((one) => one.ActiveSyncMailboxPolicy === guid)
      return this.#policies.run(command, isUsed)
    }
    const rule = this.#rules.get(command.guid.toLowerCase())
    if (!rule) return notFound(command.guid)
    if (command.kind === 'removeRule') this.#rules.delete(rule.guid)
    else this.#rules.set(rule.guid, { ...rule, level: command.level })
    return { warnings: [] }
  }

  #runLists(command: Extract<ChangeCommand, { kind: 'lists' }>) {
    const guid = command.mailboxGuid.toLowerCase()
    const before = this.#lists.get(guid)
    if (!before) return notFound(guid)
    const after = {
      allowed: edited(before.allowed, command.addAllowed, command.removeAllowed),
      blocked: edited(before.blocked, command.addBlocked, command.removeBlocked),
    }
    this.#lists.set(guid, after)
    this.#touch(guid)
    const isSame = after.allowed === before.allowed && after.blocked === before.blocked
    return {
      warnings: isSame ? ['The command completed successfully but no settings have been modified.'] : [],
    }
  }

  #runAssign({ mailboxGuid, policy }: Extract<ChangeCommand, { kind: 'assignPolicy' }>) {
    const guid = mailboxGuid.toLowerCase()
    const mailbox = this.#mailboxes.get(guid)
    const wanted = policy === null ? null : this.#policies.guidOf(policy)
    if (!mailbox || wanted === undefined) return notFound(mailbox ? (policy ?? '') : guid)
    this.#mailboxes.set(guid, { ...mailbox, ActiveSyncMailboxPolicy: wanted })
    this.#touch(guid)
    return { warnings: [] }
  }

  #runNewRule(command: Extract<ChangeCommand, { kind: 'newRule' }>) {
    const text = command.queryString.toLowerCase()
    const isTaken = [...this.#rules.values()].some(
      (rule) => rule.characteristic === command.characteristic && rule.queryString.toLowerCase() === text,
    )
    if (isTaken) return failure('other', `The object '${command.queryString}' already exists.`, 'yes')
    const guid = this.#newGuid()
    const { queryString, characteristic, level } = command
    this.#rules.set(guid, { guid, queryString, characteristic, level })
    return { guid, warnings: [] }
  }

  #listsOf(guid: string): DeviceLists {
    return this.#lists.get(guid) ?? { allowed: [], blocked: [] }
  }

  #mailboxDnOf(device: FakeDevice): string {
    const mailbox = this.#mailboxes.get(device.Mailbox?.toLowerCase() ?? '')
    if (mailbox) return dnOf(mailbox)
    const parts = (device.DistinguishedName ?? '').split(/(?<!\\),/)
    return parts.length > 2 ? parts.slice(2).join(',') : `CN=${device.Mailbox ?? device.Guid},OU=Users,DC=gone`
  }

  #access(device: FakeDevice): Pick<EasRecord, 'state' | 'stateReason'> {
    if (device.DeviceAccessState === 'DeviceDiscovery') return { state: 'deviceDiscovery', stateReason: 'Global' }
    const lists = this.#listsOf(device.Mailbox?.toLowerCase() ?? '')
    const id = device.DeviceId ?? ''
    if (hasId(lists.blocked, id)) return { state: 'blocked', stateReason: 'Individual' }
    if (hasId(lists.allowed, id)) return { state: 'allowed', stateReason: 'Individual' }
    const levels = [...this.#rules.values()].filter((rule) => fits(rule, device)).map((rule) => rule.level)
    const level = (['block', 'quarantine', 'allow'] as const).find((candidate) => levels.includes(candidate))
    return { state: states[level ?? this.#defaultLevel], stateReason: level ? 'DeviceRule' : 'Global' }
  }

  #newGuid(): string {
    this.#made += 1
    return `fa4e0000-0000-4000-8000-${String(this.#made).padStart(12, '0')}`
  }
}
