import { describe, expect, test } from 'vitest'
import { ana, ben, phone, simulate } from './simulate.ts'

test('a device of the MobileDevice dialect is printed with all that is known, absent texts as null', () => {
  const { run } = simulate({
    devices: [{ Guid: phone, Mailbox: ana, DeviceId: 'A', FirstSyncTime: '2026-11-01T08:00:00Z', IsManaged: false }],
  })
  const [row] = run('Get-MobileDevice').rows
  expect(row).toMatchObject({
    DeviceId: 'A',
    DeviceType: null,
    DeviceModel: null,
    ClientType: 'EAS',
    FirstSyncTime: '2026-11-01T08:00:00.000Z',
    WhenChangedUTC: '2026-11-21T12:00:00.000Z',
    IsManaged: false,
  })
  expect(row).not.toHaveProperty('Mailbox')
})

test('the properties asked for come, in that order, and no others; one that the object has not is null', () => {
  const { run } = simulate()
  const { rows } = run('Get-MobileDevice', {}, ['DeviceId', 'Guid', 'NoSuch'])
  expect(JSON.stringify(rows)).toBe(JSON.stringify([{ DeviceId: 'ApplANA1', Guid: phone, NoSuch: null }]))
  expect(run('Get-MobileDevice', {}, []).rows).toEqual([])
})

test('in the 2010 dialect no device has a ClientType, whatever the world states', () => {
  const { run } = simulate({
    dialect: 'ActiveSyncDevice',
    devices: [{ Guid: phone, Mailbox: ana, ClientType: 'Outlook' }],
  })
  expect(run('Get-ActiveSyncDevice').rows[0]).not.toHaveProperty('ClientType')
  expect(run('Get-ActiveSyncDevice', {}, ['ClientType']).rows).toEqual([{ ClientType: null }])
})

test.each([
  [{ ActiveSync: true }, ['eas']],
  [{ OWAforDevices: true }, ['mowa']],
  [{ RestApi: true }, []],
  [{ UniversalOutlook: true }, ['outlook']],
  [{ Filter: "ClientType -eq 'EAS'" }, ['eas']],
  [{ Filter: "FirstSyncTime -gt '2026-11-10T00:00:00Z'" }, ['mowa']],
  [{ Filter: "DeviceAccessState -eq 'Blocked'" }, ['outlook']],
  [{ Filter: 'DeviceAccessControlRule -ne $null' }, ['outlook']],
  [{ Mailbox: 'ben@contoso.com' }, ['mowa', 'outlook']],
  [{ Mailbox: ana, Filter: "DeviceType -like 'i*'" }, ['eas']],
])('Get-MobileDevice with %j gives %j', (parameters, guids) => {
  const { run } = simulate({
    accessRules: [{ QueryString: 'Outlook', Characteristic: 'DeviceType', AccessLevel: 'Block' }],
    devices: [
      { Guid: 'eas', Mailbox: ana, DeviceType: 'iPhone', FirstSyncTime: '2026-11-10T00:00:00Z' },
      { Guid: 'mowa', Mailbox: ben, ClientType: 'MOWA', FirstSyncTime: '2026-11-10T00:00:01Z' },
      { Guid: 'outlook', Mailbox: ben, ClientType: 'UniversalOutlook', DeviceType: 'Outlook', FirstSyncTime: null },
    ],
  })
  expect(run('Get-MobileDevice', parameters, ['Guid']).rows.map((row) => row['Guid'])).toEqual(guids)
})

test('a date without a zone is UTC', () => {
  const { run } = simulate({ devices: [{ Guid: phone, Mailbox: ana, FirstSyncTime: '2026-11-01T08:00:00' }] })
  expect(run('Get-MobileDevice', {}, ['FirstSyncTime']).rows).toEqual([{ FirstSyncTime: '2026-11-01T08:00:00.000Z' }])
})

test('-Identity and -Mailbox exclude each other', () => {
  const { run } = simulate()
  expect(run('Get-MobileDevice', { Identity: phone, Mailbox: ana }).message).toContain('Parameter set')
})

test('a device in DeviceDiscovery stays there until it is patched', () => {
  const { run } = simulate({
    organizationSettings: { DefaultAccessLevel: 'Block' },
    devices: [{ Guid: phone, Mailbox: ana, DeviceId: 'A', DeviceAccessState: 'DeviceDiscovery' }],
  })
  run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: ['A'] } })
  expect(run('Get-MobileDevice').rows[0]).toMatchObject({ DeviceAccessState: 'DeviceDiscovery' })
})

test('Remove ends the partnership', () => {
  const { run } = simulate()
  expect(run('Remove-MobileDevice', { Identity: phone, Confirm: false })).toMatchObject({ reason: undefined, rows: [] })
  expect(run('Get-MobileDevice').rows).toEqual([])
  expect(run('Get-MobileDevice', { Mailbox: ana }).rows).toEqual([])
  expect(run('Remove-MobileDevice', { Identity: phone }).reason).toBe('ManagementObjectNotFoundException')
})

describe('a wipe', () => {
  const wipe = ['Status', 'DeviceWipeRequestTime', 'AccountOnlyDeviceWipeRequestTime']

  test.each([
    ['Clear-MobileDevice', {}, ['DeviceWipePending', '2026-11-21T12:00:00.000Z', null]],
    ['Clear-ActiveSyncDevice', {}, ['DeviceWipePending', '2026-11-21T12:00:00.000Z', null]],
    ['Clear-MobileDevice', { AccountOnly: true }, ['AccountOnlyDeviceWipePending', null, '2026-11-21T12:00:00.000Z']],
  ])('%s %j is pending', (cmdlet, parameters, expected) => {
    const { run } = simulate()
    run(cmdlet, { Identity: phone, ...parameters })
    const [row] = run('Get-MobileDeviceStatistics', { Identity: phone }, wipe).rows
    expect(wipe.map((name) => row?.[name])).toEqual(expected)
  })

  test('is cancelled', () => {
    const { run } = simulate()
    run('Clear-MobileDevice', { Identity: phone })
    run('Clear-MobileDevice', { Identity: phone, Cancel: true })
    const [row] = run('Get-MobileDeviceStatistics', { Mailbox: ana }, wipe).rows
    expect(row).toEqual({ Status: 'DeviceOk', DeviceWipeRequestTime: null, AccountOnlyDeviceWipeRequestTime: null })
  })
})

test('statistics have DeviceID with a capital D, what the world states, and the state', () => {
  const { run } = simulate({
    devices: [
      { Guid: phone, Mailbox: ana, DeviceId: 'A', LastSuccessSync: '2026-11-20T10:00:00Z', NumberOfFoldersSynced: 12 },
    ],
  })
  const [row] = run('Get-MobileDeviceStatistics', { Identity: phone }).rows
  expect(row).toMatchObject({
    Guid: phone,
    DeviceID: 'A',
    Status: 'DeviceOk',
    LastSuccessSync: '2026-11-20T10:00:00.000Z',
    LastSyncAttemptTime: null,
    NumberOfFoldersSynced: 12,
    DeviceAccessState: 'Allowed',
    DevicePolicyApplied: 'Default',
  })
  expect(row).not.toHaveProperty('DeviceId')
  expect(run('Get-MobileDeviceStatistics').reason).toBe('ParameterBindingException')
})
