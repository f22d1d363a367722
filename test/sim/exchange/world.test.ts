import { expect, test } from 'vitest'
import { applyPatch, applyRemoval } from '../../../sim/exchange/applyPatch.ts'
import { exchangePatch, exchangeRemoval, parseWorld } from '../../../sim/exchange/world.ts'
import { ana, phone, simulate, type Simulated } from './simulate.ts'

test('a whole scenario is read, and the exchange object alone', () => {
  const exchange = { mailboxes: [{ Guid: ana }] }
  expect(parseWorld({ world: { exchange, graph: {} }, steps: [] })).toEqual(exchange)
  expect(parseWorld(exchange)).toEqual(exchange)
  expect(parseWorld({ world: {} })).toEqual({})
})

test('only ids are needed, null is allowed, unknown properties pass through', () => {
  const nulls = { DeviceId: null, DeviceType: null, FirstSyncTime: null, ClientType: null, Mailbox: null }
  const { run } = simulate({
    mailboxes: [
      { Guid: ana, DistinguishedName: null, EmailAddresses: null, ActiveSyncEnabled: null, CustomAttribute1: 'x' },
    ],
    devices: [{ Guid: phone, ...nulls, SomethingNew: 5 }],
  })
  expect(run('Get-CASMailbox', {}, ['ActiveSyncEnabled', 'EmailAddresses', 'CustomAttribute1']).rows).toEqual([
    { ActiveSyncEnabled: true, EmailAddresses: [], CustomAttribute1: 'x' },
  ])
  expect(run('Get-MobileDevice', {}, ['SomethingNew', 'FirstSyncTime', 'ClientType']).rows).toEqual([
    { SomethingNew: 5, FirstSyncTime: null, ClientType: 'EAS' },
  ])
})

test.each([
  [{ mailboxes: [{ guid: ana }] }, ['"guid"', '"Guid"', 'did you mean']],
  [{ devices: [{ Guid: phone, DeviceID: 'A' }] }, ['"DeviceID"', '"DeviceId"', 'devices[0]']],
  [{ organizationSettings: { defaultAccessLevel: 'Allow' } }, ['"defaultAccessLevel"', '"DefaultAccessLevel"']],
  [{ accessRules: [{ Querystring: 'x' }] }, ['"Querystring"', '"QueryString"']],
  [{ mailboxs: [] }, ['mailboxs']],
  [{ mailboxes: [{ PrimarySmtpAddress: 'a@x' }] }, ['Guid', 'mailboxes[0]']],
  [{ devices: [{ Guid: '' }] }, ['Guid']],
  [{ accessRules: [{ QueryString: 'x', Characteristic: 'Colour', AccessLevel: 'Block' }] }, ['Characteristic']],
  [{ organizationSettings: { DefaultAccessLevel: 'None' } }, ['DefaultAccessLevel']],
  [{ dialect: '2010' }, ['dialect']],
  [{ mailboxes: [{ Guid: ana, ActiveSyncAllowedDeviceIDs: 'A' }] }, ['ActiveSyncAllowedDeviceIDs']],
])('%j is refused, and what is wrong is named', (world, parts) => {
  for (const part of parts) expect(() => parseWorld(world)).toThrow(part)
})

test('two objects with one Guid are refused', () => {
  expect(() => simulate({ mailboxes: [{ Guid: 'A' }, { Guid: 'a' }] })).toThrow('Two mailboxes')
  expect(() => simulate({ devices: [{ Guid: 'A' }, { Guid: 'a' }] })).toThrow('Two devices')
})

function patch({ exchange }: Simulated, change: object): void {
  applyPatch(exchange, exchangePatch.parse(change))
}

test('a patch merges by Guid and by property, and adds what is new', () => {
  const simulated = simulate({
    accessRules: [{ QueryString: 'iPad', Characteristic: 'DeviceType', AccessLevel: 'Block' }],
  })
  const { run, clock } = simulated
  clock.ms += 60_000
  patch(simulated, {
    organizationSettings: { DefaultAccessLevel: 'Block' },
    mailboxes: [
      { Guid: ana.toUpperCase(), ActiveSyncAllowedDeviceIDs: ['A'] },
      { Guid: 'new', PrimarySmtpAddress: 'new@contoso.com' },
    ],
    devices: [
      { Guid: phone, DeviceOS: 'iOS 18' },
      { Guid: 'tab', Mailbox: 'new', DeviceId: 'T' },
    ],
    accessRules: [
      { QueryString: 'ipad', Characteristic: 'DeviceType', AccessLevel: 'Allow' },
      { QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' },
    ],
    servers: [{ Name: 'EX9' }],
  })
  expect(run('Get-ActiveSyncOrganizationSettings', {}, ['DefaultAccessLevel']).rows).toEqual([
    { DefaultAccessLevel: 'Block' },
  ])
  expect(
    run('Get-CASMailbox', { Filter: "WhenChangedUTC -gt '2026-11-21T12:00:30Z'" }, [
      'PrimarySmtpAddress',
      'ActiveSyncAllowedDeviceIDs',
    ]).rows,
  ).toEqual([
    { PrimarySmtpAddress: 'ana@contoso.com', ActiveSyncAllowedDeviceIDs: ['A'] },
    { PrimarySmtpAddress: 'new@contoso.com', ActiveSyncAllowedDeviceIDs: [] },
  ])
  expect(run('Get-MobileDevice', {}, ['DeviceId', 'DeviceOS', 'FirstSyncTime', 'UserDisplayName']).rows).toEqual([
    {
      DeviceId: 'ApplANA1',
      DeviceOS: 'iOS 18',
      FirstSyncTime: '2026-11-21T12:00:00.000Z',
      UserDisplayName: 'contoso.com/Users/Ana Gomes',
    },
    {
      DeviceId: 'T',
      DeviceOS: null,
      FirstSyncTime: '2026-11-21T12:01:00.000Z',
      UserDisplayName: 'contoso.com/Users/new',
    },
  ])
  expect(run('Get-ActiveSyncDeviceAccessRule', {}, ['QueryString', 'AccessLevel']).rows).toEqual([
    { QueryString: 'ipad', AccessLevel: 'Allow' },
    { QueryString: 'WP8', AccessLevel: 'Block' },
  ])
  expect(run('Get-ExchangeServer', {}, ['Name']).rows).toEqual([{ Name: 'EX9' }])
})

test('a patch ends DeviceDiscovery, and moves a device to another mailbox', () => {
  const simulated = simulate({
    devices: [{ Guid: phone, Mailbox: 'later', DeviceId: 'A', DeviceAccessState: 'DeviceDiscovery' }],
  })
  const { run } = simulated
  patch(simulated, { devices: [{ Guid: phone, DeviceAccessState: null }] })
  expect(run('Get-MobileDevice', {}, ['DeviceAccessState']).rows).toEqual([{ DeviceAccessState: 'Allowed' }])
  patch(simulated, { mailboxes: [{ Guid: 'later', ActiveSyncBlockedDeviceIDs: ['A'] }] })
  expect(run('Get-MobileDevice', { Mailbox: 'later' }, ['DeviceAccessState']).rows).toEqual([
    { DeviceAccessState: 'Blocked' },
  ])
  patch(simulated, { devices: [{ Guid: phone, Mailbox: ana }] })
  expect(run('Get-MobileDevice', { Mailbox: ana }, ['DeviceAccessState']).rows).toEqual([
    { DeviceAccessState: 'Allowed' },
  ])
  expect(run('Get-MobileDevice', { Mailbox: 'later' }).rows).toEqual([])
})

test('a mailbox is found by an address that a patch gave it, and no more by the one it took away', () => {
  const simulated = simulate()
  const reason = (Identity: string) => simulated.run('Get-CASMailbox', { Identity }).reason
  expect(reason('ana@contoso.com')).toBeUndefined()
  patch(simulated, { mailboxes: [{ Guid: ana, PrimarySmtpAddress: 'ana@fabrikam.com' }] })
  expect(reason('ana@fabrikam.com')).toBeUndefined()
  expect(reason('ana@contoso.com')).toBe('ManagementObjectNotFoundException')
})

test('a patch with a wrong name, or of a rule that is not whole, is refused', () => {
  expect(() => patch(simulate(), { devices: [{ Guid: phone, deviceOS: 'x' }] })).toThrow('did you mean')
  expect(() => patch(simulate(), { accessRules: [{ QueryString: 'x' }] })).toThrow('access rule')
})

test('removing takes away devices, rules, and a mailbox with what is below it; what is not there is named', () => {
  const simulated = simulate({
    accessRules: [{ QueryString: 'iPad', Characteristic: 'DeviceType', AccessLevel: 'Block' }],
  })
  const remove = (removal: object) => applyRemoval(simulated.exchange, exchangeRemoval.parse(removal))
  remove({ accessRules: ['iPad (DeviceType)'], mailboxes: [ana] })
  expect(simulated.run('Get-MobileDevice').rows).toEqual([])
  expect(simulated.run('Get-CASMailbox', { Identity: 'ana@contoso.com' }).reason).toBe(
    'ManagementObjectNotFoundException',
  )
  expect(simulated.run('Get-ActiveSyncDeviceAccessRule').rows).toEqual([])
  expect(() => remove({ devices: [phone] })).toThrow(phone)
  expect(() => remove({ mailboxes: [ana] })).toThrow(ana)
  expect(() => remove({ phones: [] })).toThrow('phones')
})
