/** What people and phones do between two syncs, as random changes of a world. Each is applied to the fakes of a running system. */
import fc from 'fast-check'
import { intunePlan } from '../../functions/core/settings.ts'
import type { GraphObject, GraphWorld } from '../../sim/graph/world.ts'
import { removePin, setPin } from '../../functions/sync/pins.ts'
import { connectorId, type FakeSystem } from './fakeSystem.ts'

/** `at` names a person or phone by its place among those that there are, so that every change hits something. */
export type WorldChange = { readonly kind: (typeof kinds)[number]; readonly at: number; readonly flag: boolean }

const kinds = [
  'compliance',
  'enrol',
  'retire',
  'otherUser',
  'easId',
  'licence',
  'join',
  'leaveNested',
  'exclude',
  'newRecord',
  'removeRecord',
  'reset',
  'address',
  'newMailbox',
  'newUser',
  'removeUser',
  'manualEntry',
  'removeManual',
  'activeSync',
  'discovered',
  'kiosk',
  'report',
  'day',
  'server',
  'pin',
  'unpin',
] as const

/** Those that most often change what is decided come more often. */
const drawn = [
  ...kinds,
  ...(['compliance', 'compliance', 'compliance', 'enrol', 'enrol', 'retire', 'join', 'exclude', 'newRecord'] as const),
  ...(['manualEntry', 'manualEntry', 'removeManual', 'pin'] as const),
]

export const worldChange = fc.record({ kind: fc.constantFrom(...drawn), at: fc.nat(20), flag: fc.boolean() })
export const worldChanges = fc.array(worldChange, { minLength: 1, maxLength: 5 })

/** Does nothing where there is nobody to change. */
export function applyChange(system: FakeSystem, { kind, at, flag }: WorldChange, serial: number): unknown {
  const { exchange, directory } = system
  const world = directory.world
  const pick = <T>(items: readonly T[]): T | undefined => items[at % Math.max(items.length, 1)]
  const mailbox = pick(exchange.state.mailboxes())
  const record = pick(exchange.state.records())
  const device = pick(world.managedDevices ?? [])
  const user = pick(world.users ?? [])
  /** No two mailboxes of an organization have the same address. */
  const free = (address: string) =>
    exchange.state.mailboxes().some(({ addresses }) => addresses.includes(address))
      ? `other${serial}@contoso.com`
      : address
  const mailboxOf = (dn: string | undefined) =>
    exchange.state.mailboxes().find((one) => one.dn.toLowerCase() === dn?.toLowerCase())?.guid
  const set = (part: Partial<GraphWorld>) => {
    directory.world = { ...directory.world, ...part }
  }
  const put = (objects: readonly GraphObject[] | undefined, object: GraphObject) => [
    ...(objects ?? []).filter(({ id }) => id !== object.id),
    object,
  ]
  const group = (id: string, change: (members: readonly string[]) => readonly string[]) =>
    set({
      groups: (world.groups ?? []).map((one) =>
        one.id === id ? { ...one, members: [...change(one.members ?? [])] } : one,
      ),
    })
  const patchDevice = (part: object) =>
    device && set({ managedDevices: put(world.managedDevices, { ...device, ...part }) })
  const patchUser = (part: object) => user && set({ users: put(world.users, { ...user, ...part }) })
  switch (kind) {
    case 'compliance':
      return patchDevice({ complianceState: flag ? 'compliant' : 'noncompliant' })
    case 'enrol':
      if (!record || !user) return undefined
      return set({
        managedDevices: put(world.managedDevices, {
          id: `new-${serial}`,
          userId: user.id,
          easDeviceId: record.deviceId,
          complianceState: 'compliant',
          managementState: 'managed',
          managementAgent: 'mdm',
          azureADRegistered: true,
          // A device with an Entra id is found by the delta, one without by its report
          ...(flag ? { azureADDeviceId: `entra-${serial}` } : {}),
          lastSyncDateTime: system.clock.now().toISOString(),
        }),
      })
    case 'retire':
      return set({ managedDevices: (world.managedDevices ?? []).filter(({ id }) => id !== device?.id) })
    case 'otherUser':
      return patchDevice({ userId: user?.id ?? null, lastSyncDateTime: system.clock.now().toISOString() })
    case 'easId':
      return patchDevice({ easDeviceId: flag ? (record?.deviceId ?? null) : null })
    case 'licence':
      return patchUser({ assignedPlans: flag ? [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }] : [] })
    case 'join':
      return (
        user &&
        group('staff', (members) =>
          flag ? [...new Set([...members, user.id])] : members.filter((id) => id !== user.id),
        )
      )
    case 'leaveNested':
      return (
        user &&
        group('nested', (members) =>
          flag ? [...new Set([...members, user.id])] : members.filter((id) => id !== user.id),
        )
      )
    case 'exclude':
      return (
        user &&
        group('vip', (members) => (flag ? [...new Set([...members, user.id])] : members.filter((id) => id !== user.id)))
      )
    case 'newRecord':
      return (
        mailbox &&
        exchange.state.putDevice({
          Guid: `n${serial}`,
          Mailbox: mailbox.guid,
          DeviceId: `New${serial}`,
          DeviceType: 'iPhone',
          ClientType: 'EAS',
          FirstSyncTime: system.clock.now().toISOString(),
        })
      )
    case 'removeRecord':
      return record && exchange.state.removeDevice(record.guid)
    case 'reset':
      return record && exchange.state.putDevice({ Guid: record.guid, DeviceId: `Reset${serial}` })
    case 'address':
      return (
        mailbox &&
        exchange.state.putMailbox({
          Guid: mailbox.guid,
          PrimarySmtpAddress: flag ? free(`p${at % 7}@contoso.com`) : `gone${serial}@contoso.com`,
          EmailAddresses: [],
        })
      )
    case 'newMailbox':
      return exchange.state.putMailbox({
        Guid: `nm${serial}`,
        DistinguishedName: `CN=nm${serial},DC=contoso,DC=com`,
        PrimarySmtpAddress: free(`p${at % 7}@contoso.com`),
      })
    case 'newUser':
      return (
        mailbox &&
        set({
          users: put(world.users, {
            id: `nu${serial}`,
            mail: mailbox.primarySmtp ?? 'none@contoso.com',
            assignedPlans: [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }],
          }),
        })
      )
    case 'removeUser':
      return set({ users: (world.users ?? []).filter(({ id }) => id !== user?.id) })
    case 'manualEntry': {
      const own = exchange.state.mailboxes().find(({ guid }) => guid === mailboxOf(record?.mailboxDn))
      // Mostly where it matters; now and then in a mailbox that the phone is not of
      const edited = flag || at % 3 > 0 ? own : mailbox
      return (
        edited &&
        record &&
        exchange.state.putMailbox({
          Guid: edited.guid,
          ActiveSyncBlockedDeviceIDs: [...new Set([...edited.blocked, record.deviceId])],
          ActiveSyncAllowedDeviceIDs: edited.allowed.filter((id) => id.toLowerCase() !== record.deviceId.toLowerCase()),
        })
      )
    }
    case 'removeManual':
      return (
        mailbox &&
        exchange.state.putMailbox({
          Guid: mailbox.guid,
          ActiveSyncBlockedDeviceIDs: [],
          ActiveSyncAllowedDeviceIDs: [],
        })
      )
    case 'kiosk':
      return (
        user &&
        group('kiosk', (members) =>
          flag ? [...new Set([...members, user.id])] : members.filter((id) => id !== user.id),
        )
      )
    case 'report':
      return patchDevice({ lastSyncDateTime: system.clock.now().toISOString() })
    case 'day':
      return system.clock.advance(86_400_000)
    case 'server':
      return mailbox && exchange.state.putMailbox({ Guid: mailbox.guid, ServerName: flag ? 'EX1' : 'EX2' })
    case 'pin': {
      const own = mailboxOf(record?.mailboxDn)
      const until = flag ? null : new Date(system.clock.now().getTime() + 90_000).toISOString()
      const pin = { record: record?.guid ?? '', access: flag ? 'allow' : 'block', note: 'n', until } as const
      return own && setPin(system.ports, connectorId, own, pin)
    }
    case 'unpin': {
      const own = mailboxOf(record?.mailboxDn)
      return own && removePin(system.ports, connectorId, own, record?.guid ?? '')
    }
    case 'activeSync':
      return mailbox && exchange.state.putMailbox({ Guid: mailbox.guid, ActiveSyncEnabled: flag })
    case 'discovered':
      return (
        record && exchange.state.putDevice({ Guid: record.guid, DeviceAccessState: flag ? 'DeviceDiscovery' : null })
      )
  }
}
