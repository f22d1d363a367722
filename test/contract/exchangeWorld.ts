/** The world that the contract of the port Exchange is tried on: every kind of mailbox, record and rule once, and more than one server page of each. */
import type { EasRecord, Mailbox } from '../../functions/core/types.ts'
import type { FakeDevice, FakeMailbox, FakeWorld } from '../fakes/exchangeFakeWorld.ts'

/** Exchange stops at 1000 objects where nobody says ResultSize. */
export const many = 1_234

export function mailboxGuid(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
}

export function recordGuid(index: number): string {
  return `00000000-0000-4000-8001-${String(index).padStart(12, '0')}`
}

const specialMailboxes: Readonly<Record<number, Partial<FakeMailbox>>> = {
  1: {
    Guid: mailboxGuid(1).toUpperCase(),
    DistinguishedName: 'CN=Gomes\\, Ana,OU=Users,DC=contoso,DC=com',
    DisplayName: 'Ana Gomes',
    PrimarySmtpAddress: 'Ana@Contoso.com',
    EmailAddresses: ['SMTP:Ana@Contoso.com', 'smtp:ana@old.contoso.com', 'X500:/o=First/cn=ana', 'sip:ana@contoso.com'],
    ActiveSyncAllowedDeviceIDs: ['applDEV1', 'Other'],
  },
  2: { ActiveSyncBlockedDeviceIDs: ['DEV2'], ActiveSyncAllowedDeviceIDs: ['dev2'], ActiveSyncEnabled: false },
}

function mailbox(index: number): FakeMailbox {
  return {
    Guid: mailboxGuid(index),
    DistinguishedName: `CN=user${index},OU=Users,DC=contoso,DC=com`,
    PrimarySmtpAddress: `user${index}@contoso.com`,
    EmailAddresses: [`SMTP:user${index}@contoso.com`],
    ActiveSyncEnabled: true,
    ActiveSyncAllowedDeviceIDs: [],
    ActiveSyncBlockedDeviceIDs: [],
    ...specialMailboxes[index],
  }
}

const specialDevices: Readonly<Record<number, Partial<FakeDevice>>> = {
  1: { DeviceId: 'ApplDEV1' },
  2: { DeviceId: 'Dev2' },
  3: { DeviceType: 'wp8', DeviceOS: 'WP 8.1' },
  4: { DeviceOS: 'WP 8.1' },
  5: { DeviceModel: 'OLD' },
  6: { DeviceId: "Appl'; Get-Mailbox #" },
  7: { ClientType: 'Outlook', DeviceModel: null, DeviceUserAgent: null },
}

function device(index: number): FakeDevice {
  return {
    Guid: recordGuid(index),
    Mailbox: mailboxGuid(index),
    DeviceId: `DEV${index}`,
    DeviceType: 'iPhone',
    DeviceModel: 'iPhone14C2',
    DeviceOS: 'iOS 17.4',
    DeviceUserAgent: 'Apple-iPhone14C2/2104.65',
    ClientType: 'EAS',
    FirstSyncTime: '2026-11-01T08:00:00Z',
    ...specialDevices[index],
  }
}

/** Mailboxes with a number below 100 are the tests' own: each test changes its own one. */
export const world: FakeWorld & { readonly dialect: 'MobileDevice' } = {
  organization: 'Contoso',
  dialect: 'MobileDevice',
  servers: [
    { Name: 'EX1', Fqdn: 'ex1.contoso.com', ServerRole: 'Mailbox', AdminDisplayVersion: 'Version 15.2 (Build 1544.4)' },
  ],
  organizationSettings: {
    DefaultAccessLevel: 'Quarantine',
    UserMailInsert: 'Ask IT',
    AdminMailRecipients: ['it@contoso.com'],
  },
  accessRules: [
    { Guid: recordGuid(900_001), QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' },
    { Guid: recordGuid(900_002), QueryString: 'wp 8.1', Characteristic: 'DeviceOS', AccessLevel: 'Allow' },
    { Guid: recordGuid(900_003), QueryString: 'Old', Characteristic: 'DeviceModel', AccessLevel: 'Quarantine' },
  ],
  mailboxes: Array.from({ length: many }, (_, index) => mailbox(index)),
  devices: Array.from({ length: many }, (_, index) => device(index)),
}

/** What the port must give of the world above, written out by hand. */
export const expectedMailboxes: Readonly<Record<number, Mailbox>> = {
  1: {
    guid: mailboxGuid(1),
    dn: 'CN=Gomes\\, Ana,OU=Users,DC=contoso,DC=com',
    name: 'Gomes, Ana',
    displayName: 'Ana Gomes',
    primarySmtp: 'ana@contoso.com',
    addresses: ['ana@contoso.com', 'ana@old.contoso.com'],
    isActiveSyncEnabled: true,
    serverName: 'EX1',
    activeSyncPolicy: null,
    allowed: ['applDEV1', 'Other'],
    blocked: [],
  },
  2: {
    guid: mailboxGuid(2),
    dn: 'CN=user2,OU=Users,DC=contoso,DC=com',
    name: 'user2',
    displayName: 'user2',
    primarySmtp: 'user2@contoso.com',
    addresses: ['user2@contoso.com'],
    isActiveSyncEnabled: false,
    serverName: 'EX1',
    activeSyncPolicy: null,
    allowed: ['dev2'],
    blocked: ['DEV2'],
  },
}

const phone = {
  deviceType: 'iPhone',
  deviceModel: 'iPhone14C2',
  deviceOs: 'iOS 17.4',
  userAgent: 'Apple-iPhone14C2/2104.65',
  clientType: 'EAS',
  firstSync: '2026-11-01T08:00:00.000Z',
}
const users = 'OU=Users,DC=contoso,DC=com'

export const expectedRecords: readonly EasRecord[] = [
  [1, 'ApplDEV1', 'allowed', 'Individual', { mailboxDn: `CN=Gomes\\, Ana,${users}` }],
  [2, 'Dev2', 'blocked', 'Individual', {}],
  [3, 'DEV3', 'blocked', 'DeviceRule', { deviceType: 'wp8', deviceOs: 'WP 8.1' }],
  [4, 'DEV4', 'allowed', 'DeviceRule', { deviceOs: 'WP 8.1' }],
  [5, 'DEV5', 'quarantined', 'DeviceRule', { deviceModel: 'OLD' }],
  [6, "Appl'; Get-Mailbox #", 'quarantined', 'Global', {}],
  [7, 'DEV7', 'quarantined', 'Global', { clientType: 'Outlook', deviceModel: null, userAgent: null }],
  [1_233, 'DEV1233', 'quarantined', 'Global', {}],
].map(([index, deviceId, state, stateReason, changes]) =>
  record(Number(index), { deviceId, state, stateReason, ...Object(changes) }),
)

function record(index: number, changes: Partial<EasRecord>): EasRecord {
  const place = { guid: recordGuid(index), mailboxDn: `CN=user${index},${users}` }
  return { ...place, ...phone, deviceId: '', state: 'unknown', stateReason: null, ...changes }
}
