/** A believable company: about 500 mailboxes and 800 EAS records, the rows of the decision table present. Always the same. */
import type { ExchangeWorld } from '../exchange/world.ts'
import type { GraphWorld } from '../graph/world.ts'
import { kinds, type Kind } from './sampleKinds.ts'
import { firstNames, lastNames, phones, type Phone } from './sampleNames.ts'
import type { ScenarioPolicy } from './scenarioFile.ts'

export interface SampleCompany {
  readonly exchange: ExchangeWorld
  readonly graph: GraphWorld
  readonly policy: ScenarioPolicy
  /** Somebody whose phone is held until they activate it (docs/activation.md). */
  readonly toActivate: { readonly record: string; readonly name: string; readonly address: string } | null
}

const intunePlan = 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5'
const staff = guid('9', 1)
const field = guid('9', 2)
const neverBlocked = guid('9', 3)
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

interface Person {
  readonly number: number
  readonly kind: Kind
  readonly name: string
  readonly address: string
}

/** `now`: new records and the end of grandfathering are relative to it. Everything else depends on `mailboxes` alone. */
export function sampleCompany(now: Date, mailboxes = 500): SampleCompany {
  const people = Array.from({ length: mailboxes }, (_, index) => person(index + 1))
  const devices = people.flatMap((one) => devicesOf(one, now))
  return {
    exchange: {
      organization: 'Contoso',
      dialect: 'MobileDevice',
      servers: ['EX1', 'EX2'].map((name) => ({
        Name: name,
        Fqdn: `${name.toLowerCase()}.contoso.com`,
        ServerRole: 'Mailbox',
        AdminDisplayVersion: 'Version 15.2 (Build 1544.4)',
      })),
      organizationSettings: { DefaultAccessLevel: 'Allow' },
      accessRules: [{ QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' }],
      mailboxes: people.map(mailboxOf),
      devices: devices.map(({ device }) => device),
    },
    graph: {
      users: people.filter(({ kind }) => kind.hasUser).map(userOf),
      groups: groupsOf(people),
      managedDevices: devices.flatMap(({ managed }) => (managed ? [managed] : [])),
    },
    policy: policyOf(devices, now),
    toActivate: toActivate(people),
  }
}

/** One whose only phone agrees with Intune in every way, so that no administrator is asked. */
function toActivate(people: readonly Person[]): SampleCompany['toActivate'] {
  const one = people.find(({ kind }) => kind.row === 15 && kind.managed)
  return one ? { record: guid('3', one.number * 10), name: one.name, address: one.address } : null
}

function person(number: number): Person {
  const first = firstNames[number % firstNames.length] ?? ''
  const last = lastNames[Math.floor(number / firstNames.length) % lastNames.length] ?? ''
  const kind = kinds[number % kinds.length] ?? kinds[0]
  if (!kind) throw new Error('the sample has no kinds of people')
  return {
    number,
    kind,
    name: `${first} ${last}`,
    address:
      `${first}.${last}${Math.floor(number / (firstNames.length * lastNames.length)) || ''}@contoso.com`.toLowerCase(),
  }
}

function mailboxOf({ number, kind, name, address }: Person): NonNullable<ExchangeWorld['mailboxes']>[number] {
  const display = kind.mailbox === 'health' ? `HealthMailbox${number}` : name
  const entry = kind.manualEntry ? [deviceId(number, 0, phoneOf(number, 0))] : []
  return {
    Guid: guid('2', number),
    Name: display,
    DisplayName: display,
    DistinguishedName: dnOf(number, display),
    PrimarySmtpAddress: address,
    EmailAddresses: [`SMTP:${address}`, `smtp:${address.replace('@', '@mail.')}`],
    ActiveSyncEnabled: kind.mailbox !== 'activeSyncOff',
    ActiveSyncAllowedDeviceIDs: kind.manualEntry === 'allowed' ? entry : [],
    ActiveSyncBlockedDeviceIDs: kind.manualEntry === 'blocked' ? entry : [],
  }
}

function userOf({ number, kind, name, address }: Person): NonNullable<GraphWorld['users']>[number] {
  // Every fifth person signs in with another name than their mail address: matching must not depend on it
  const upn = number % 5 === 0 ? `u${number}@contoso.onmicrosoft.com` : address
  const plans = kind.isLicensed
    ? [
        {
          assignedDateTime: '2025-01-01T00:00:00Z',
          service: 'SCO',
          servicePlanId: intunePlan,
          capabilityStatus: 'Enabled',
        },
      ]
    : []
  return {
    id: guid('1', number),
    displayName: name,
    userPrincipalName: upn,
    mail: address,
    proxyAddresses: [`SMTP:${address}`],
    assignedPlans: plans,
    accountEnabled: true,
    ...(number % 3 === 0 ? {} : { onPremisesDistinguishedName: dnOf(number, name) }),
  }
}

/** Staff holds most people directly and the field staff through a group in it. */
function groupsOf(people: readonly Person[]): NonNullable<GraphWorld['groups']> {
  const ids = (of: (one: Person) => boolean | undefined) =>
    people.filter((one) => one.kind.hasUser && of(one)).map(({ number }) => guid('1', number))
  return [
    {
      id: staff,
      displayName: 'Staff',
      members: [...ids(({ kind, number }) => kind.isIncluded && number % 4 !== 0), field],
    },
    { id: field, displayName: 'Field staff', members: ids(({ kind, number }) => kind.isIncluded && number % 4 === 0) },
    { id: neverBlocked, displayName: 'Never blocked', members: ids(({ kind }) => kind.isExcluded) },
  ]
}

type Device = NonNullable<ExchangeWorld['devices']>[number]
type Managed = NonNullable<GraphWorld['managedDevices']>[number]
interface SampleDevice {
  readonly kind: Kind
  readonly device: Device
  readonly managed: Managed | null
}

/** One phone each, and a second device for three of five. */
function devicesOf(one: Person, now: Date): SampleDevice[] {
  const count = one.number % 5 < 3 ? 2 : 1
  return Array.from({ length: count }, (_, index) => deviceOf(one, index, now))
}

function deviceOf({ number, kind, address }: Person, index: number, now: Date): SampleDevice {
  const phone = kind.phone
    ? (phones.find(({ type }) => type === kind.phone) ?? phoneOf(number, index))
    : phoneOf(number, index)
  const id = deviceId(number, index, phone)
  const firstSync =
    kind.firstSync === 'new'
      ? new Date(now.getTime() - 5 * minuteMs).toISOString()
      : kind.firstSync === 'old'
        ? '2025-02-03T08:00:00Z'
        : '2026-05-04T08:00:00Z'
  const yesterday = new Date(now.getTime() - dayMs).toISOString()
  const device: Device = {
    Guid: guid('3', number * 10 + index),
    Mailbox: guid('2', number),
    DeviceId: id,
    DeviceType: phone.type,
    DeviceModel: phone.model,
    DeviceOS: phone.os,
    DeviceUserAgent: phone.userAgent,
    ClientType: kind.clientType ?? 'EAS',
    FirstSyncTime: firstSync,
    // Some second devices lie in a drawer since they were set up
    LastSuccessSync: index === 1 && number % 10 === 0 ? '2026-05-05T08:00:00Z' : yesterday,
    ...(kind.state ? { DeviceAccessState: kind.state } : {}),
  }
  return { kind, device, managed: kind.managed ? managedOf(number, index, address, id, phone, kind.managed) : null }
}

function managedOf(
  number: number,
  index: number,
  address: string,
  easDeviceId: string,
  phone: Phone,
  given: Record<string, unknown>,
): Managed {
  return {
    id: guid('4', number * 10 + index),
    userId: guid('1', number),
    userPrincipalName: address,
    azureADDeviceId: guid('5', number * 10 + index),
    easDeviceId: number % 7 === 0 ? easDeviceId.toLowerCase() : easDeviceId,
    easActivated: true,
    azureADRegistered: true,
    deviceRegistrationState: 'registered',
    complianceState: 'compliant',
    managementState: 'managed',
    managementAgent: 'mdm',
    operatingSystem: phone.platform,
    model: phone.model,
    lastSyncDateTime: '2026-11-20T06:00:00Z',
    ...given,
  }
}

function policyOf(devices: readonly SampleDevice[], now: Date): ScenarioPolicy {
  const pins = devices.flatMap(({ kind, device }) =>
    kind.pin ? [{ record: device.Guid, access: kind.pin, note: 'sample', until: null }] : [],
  )
  return {
    conditionalAccessSettings: {
      enabled: true,
      includedGroups: [staff],
      excludedGroups: [neverBlocked],
      overrideDefaultRule: true,
    },
    exchangeOnPremisesPolicy: {
      defaultAccessLevel: 'quarantine',
      accessRules: [{ deviceClass: { name: 'iPad', type: 'family' }, accessLevel: 'allow' }],
      notificationContent: Buffer.from(
        '<p>Hello {{displayName}}, your {{deviceType}} must be enrolled before it can get mail: <a href="{{activationLink}}">start here</a>.</p>',
      ).toString('base64'),
    },
    settings: {
      // The API takes a few hundred: pins are for exceptions
      pins: pins.slice(0, 200),
      extraRules: [{ name: 'Warehouse scanners', level: 'allow', when: { deviceType: 'Scanner' } }],
      newRecordGraceMinutes: 30,
      grandfather: { existedBefore: '2025-06-01T00:00:00Z', until: new Date(now.getTime() + 90 * dayMs).toISOString() },
    },
  }
}

function phoneOf(number: number, index: number): Phone {
  const phone = phones[(number * 3 + index * 5) % 4]
  if (!phone) throw new Error('the sample has no phones')
  return phone
}

function deviceId(number: number, index: number, { prefix }: Phone): string {
  return `${prefix}${String(number * 7919 + index * 104_729).padStart(10, '0')}${index}`.toUpperCase()
}

function dnOf(number: number, name: string): string {
  return `CN=${name} ${number},OU=${number % 4 === 0 ? 'Field' : 'Users'},DC=contoso,DC=com`
}

function guid(block: string, number: number): string {
  return `00000000-0000-4000-8000-${block}${String(number).padStart(11, '0')}`
}
