/** Random small worlds: every kind of mailbox, owner, phone and policy, with entries and rules that others made. */
import fc from 'fast-check'
import { intunePlan } from '../../functions/core/settings.ts'
import type { RuleConditions } from '../../functions/core/extraRules.ts'
import type { AccessLevel } from '../../functions/core/types.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'
import type { FakeDevice, FakeMailbox, FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import type { PolicyWorld } from './policyOf.ts'

export interface World {
  readonly exchange: FakeWorld
  readonly graph: GraphWorld
  readonly policy: PolicyWorld
}

const levels = { allow: 'Allow', block: 'Block', quarantine: 'Quarantine' } as const

/** The first six times out of seven or eight: where everything is odd at once, easgate leaves nearly everybody alone. */
const mostly = <T>(first: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(first) }, ...others.map((one) => fc.constant(one)))

const phone = fc.record({
  type: fc.constantFrom('iPhone', 'iPad', 'Android', 'WP8'),
  clientType: mostly<string | null>('EAS', 'Outlook', null),
  discovery: fc.boolean().map((yes) => yes),
  sameId: fc.boolean(),
  manual: mostly<string | null>(null, 'allowed', 'blocked'),
  enrolment: fc.option(
    fc.record({
      complianceState: mostly(
        'compliant',
        'noncompliant',
        'conflict',
        'error',
        'inGracePeriod',
        'unknown',
        'configManager',
      ),
      azureADRegistered: mostly<boolean | null>(true, null),
      managementState: mostly('managed', 'retirePending'),
      managementAgent: mostly('mdm', 'easMdm', 'eas'),
      otherUser: mostly(false, true),
    }),
  ),
})

const person = fc.record({
  hasUser: mostly(true, false),
  byDn: fc.boolean(),
  upnDiffers: fc.boolean(),
  isLicensed: mostly(true, false),
  group: fc.constantFrom('staff', 'staff', 'staff', 'nested', 'nested', 'vip', 'none'),
  activeSync: mostly(true, false),
  isKiosk: fc.boolean(),
  server: mostly<string | null>('EX1', 'EX2', null),
  phones: fc.array(phone, { maxLength: 3 }),
})

const policyWorld = fc.record({
  enabled: mostly(true, false),
  override: mostly(true, false),
  defaultAccessLevel: fc.constantFrom<AccessLevel | 'none'>('quarantine', 'block', 'allow', 'none'),
  exception: fc.constantFrom<AccessLevel | 'none' | null>(null, 'allow', 'block', 'quarantine', 'none'),
  extraRules: fc.constantFrom<RuleConditions[]>(
    [],
    [],
    [{ group: 'kiosk' }],
    [{ daysWithoutSync: 2 }, { group: 'kiosk', deviceType: { like: 'i*' } }],
    [{ deviceType: { matches: 'pad$' }, user: { like: '*@contoso.com' } }, { daysWithoutSync: 3 }],
  ),
  ruleLevel: fc.constantFrom<AccessLevel>('allow', 'block', 'quarantine'),
  servers: fc.constantFrom<string[]>([], [], [], ['EX1']),
})

export const worlds: fc.Arbitrary<World> = fc
  .record({
    people: fc.array(person, { minLength: 1, maxLength: 7 }),
    policy: policyWorld,
    defaultLevel: fc.constantFrom<AccessLevel>('allow', 'allow', 'block', 'quarantine'),
    foreignRule: fc.constantFrom<AccessLevel | null>(null, 'block', 'allow'),
  })
  .map(({ people, policy, defaultLevel, foreignRule }) => ({
    exchange: {
      organization: 'Contoso',
      organizationSettings: { DefaultAccessLevel: levels[defaultLevel] },
      accessRules: foreignRule
        ? [{ Guid: 'rule-wp8', QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: levels[foreignRule] }]
        : [],
      mailboxes: people.map(mailboxOf),
      devices: people.flatMap(devicesOf),
    },
    graph: graphOf(people),
    policy: {
      settings: {
        extraRules: policy.extraRules.map((when, index) => ({ name: `rule ${index}`, level: policy.ruleLevel, when })),
        scope: { organizationalUnits: [], servers: policy.servers },
      },
      conditionalAccessSettings: {
        enabled: policy.enabled,
        includedGroups: ['staff'],
        excludedGroups: ['vip'],
        overrideDefaultRule: policy.override,
      },
      exchangeOnPremisesPolicy: {
        defaultAccessLevel: policy.defaultAccessLevel,
        accessRules: policy.exception
          ? [{ deviceClass: { name: 'iPad', type: 'family' as const }, accessLevel: policy.exception }]
          : [],
      },
    },
  }))

type Person = typeof person extends fc.Arbitrary<infer T> ? T : never
type Phone = typeof phone extends fc.Arbitrary<infer T> ? T : never

function mailboxOf({ activeSync, server, phones }: Person, index: number): FakeMailbox {
  const manual = (list: string) =>
    phones.flatMap((one, at) => (one.manual === list ? [deviceIdOf(index, at, one)] : []))
  const allowed = manual('allowed')
  return {
    Guid: `m${index}`,
    DistinguishedName: `CN=p${index},DC=contoso,DC=com`,
    PrimarySmtpAddress: `p${index}@contoso.com`,
    EmailAddresses: [`SMTP:p${index}@contoso.com`],
    ActiveSyncEnabled: activeSync,
    ServerName: server,
    ActiveSyncAllowedDeviceIDs: allowed,
    ActiveSyncBlockedDeviceIDs: manual('blocked').filter((id) => !allowed.includes(id)),
  }
}

function devicesOf({ phones }: Person, index: number): FakeDevice[] {
  return phones.map((one, at) => ({
    Guid: `r${index}-${at}`,
    Mailbox: `m${index}`,
    DeviceId: deviceIdOf(index, at, one),
    DeviceType: one.type,
    DeviceModel: `${one.type} 1`,
    ClientType: one.clientType,
    FirstSyncTime: '2026-11-01T08:00:00Z',
    ...(one.discovery && at === 2 ? { DeviceAccessState: 'DeviceDiscovery' } : {}),
  }))
}

/** Now and then two records of a mailbox share their DeviceId. */
function deviceIdOf(index: number, at: number, { sameId }: Phone): string {
  return sameId && at === 1 ? `Dev${index}x0` : `Dev${index}x${at}`
}

function graphOf(people: readonly Person[]): GraphWorld {
  const members = (group: string) =>
    people.flatMap((one, index) => (one.hasUser && one.group === group ? [`u${index}`] : []))
  return {
    users: people.flatMap((one, index) => (one.hasUser ? [userOf(one, index)] : [])),
    groups: [
      { id: 'staff', members: [...members('staff'), 'nested'] },
      { id: 'nested', members: [...members('nested'), 'staff'] },
      { id: 'vip', members: members('vip') },
      { id: 'kiosk', members: people.flatMap((one, index) => (one.hasUser && one.isKiosk ? [`u${index}`] : [])) },
    ],
    managedDevices: people.flatMap((one, index) =>
      one.phones.flatMap((phone, at) => {
        if (!phone.enrolment) return []
        const { otherUser, ...rest } = phone.enrolment
        return [
          {
            id: `d${index}-${at}`,
            userId: otherUser ? 'u-other' : `u${index}`,
            easDeviceId: deviceIdOf(index, at, phone).toUpperCase(),
            deviceRegistrationState: 'notRegistered',
            lastSyncDateTime: '2026-11-20T06:00:00Z',
            ...rest,
          },
        ]
      }),
    ),
  }
}

function userOf({ byDn, upnDiffers, isLicensed }: Person, index: number): NonNullable<GraphWorld['users']>[number] {
  return {
    id: `u${index}`,
    userPrincipalName: upnDiffers ? `x${index}@elsewhere.example` : `p${index}@contoso.com`,
    mail: byDn ? null : `P${index}@Contoso.com`,
    ...(byDn ? { onPremisesDistinguishedName: `cn=P${index},DC=contoso,DC=com` } : {}),
    assignedPlans: isLicensed ? [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }] : [],
  }
}
