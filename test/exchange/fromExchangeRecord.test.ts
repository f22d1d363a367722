import { describe, expect, test } from 'vitest'
import { fromExchangeRecord } from '../../functions/exchange/fromExchangeRecord.ts'

const whole = {
  Guid: '0A1B2C3D-0000-4000-8000-00000000ABCD',
  DistinguishedName: 'CN=iPhone§ApplANA1,CN=ExchangeActiveSyncDevices,CN=ana,OU=Users,DC=contoso,DC=com',
  DeviceId: 'ApplANA1',
  DeviceType: 'iPhone',
  DeviceModel: 'iPhone14C2',
  DeviceOS: 'iOS 17.4',
  DeviceUserAgent: 'Apple-iPhone14C2/2104.65',
  ClientType: 'EAS',
  FirstSyncTime: '2026-11-01T08:00:00',
  DeviceAccessState: 'Quarantined',
  DeviceAccessStateReason: 'Global',
}
const read = (row: Record<string, unknown>) => fromExchangeRecord(row, 1, 'Get-MobileDevice')

test('a whole row', () => {
  expect(read(whole)).toEqual({
    guid: '0a1b2c3d-0000-4000-8000-00000000abcd',
    mailboxDn: 'CN=ana,OU=Users,DC=contoso,DC=com',
    deviceId: 'ApplANA1',
    deviceType: 'iPhone',
    deviceModel: 'iPhone14C2',
    deviceOs: 'iOS 17.4',
    userAgent: 'Apple-iPhone14C2/2104.65',
    clientType: 'EAS',
    firstSync: '2026-11-01T08:00:00.000Z',
    state: 'quarantined',
    stateReason: 'Global',
  })
})

test('a row of Exchange 2010, which knows no client type, and with nothing else', () => {
  const { Guid, DistinguishedName } = whole
  expect(read({ Guid, DistinguishedName, DeviceType: '', FirstSyncTime: ' ' })).toEqual({
    guid: '0a1b2c3d-0000-4000-8000-00000000abcd',
    mailboxDn: 'CN=ana,OU=Users,DC=contoso,DC=com',
    deviceId: '',
    deviceType: null,
    deviceModel: null,
    deviceOs: null,
    userAgent: null,
    clientType: null,
    firstSync: null,
    state: 'unknown',
    stateReason: null,
  })
})

describe('the mailbox is the DN without its first two parts', () => {
  test.each([
    ['CN=a,CN=b,CN=ana,DC=c', 'CN=ana,DC=c'],
    ['CN=WP8§X\\,Y,CN=ExchangeActiveSyncDevices,CN=Gomes\\, Ana,DC=c', 'CN=Gomes\\, Ana,DC=c'],
    ['CN=odd\\\\,CN=b,CN=ana,DC=c', 'CN=ana,DC=c'],
    ['CN=odd\\\\\\,still,CN=b,CN=ana,DC=c', 'CN=ana,DC=c'],
    ['CN=x\\2Cy,CN=b,CN=ana\\2C b,DC=c', 'CN=ana\\2C b,DC=c'],
    ['CN=a, CN=b, CN=ana, DC=c', 'CN=ana, DC=c'],
  ])('%s', (DistinguishedName, expected) => {
    expect(read({ ...whole, DistinguishedName }).mailboxDn).toBe(expected)
  })

  test.each([null, '', 'CN=a', 'CN=a,CN=b', 'CN=a,CN=b,', 'CN=a\\,CN=b,CN=c'])(
    '%j lies below no mailbox',
    (DistinguishedName) => {
      expect(() => fromExchangeRecord({ ...whole, DistinguishedName }, 12, 'Get-ActiveSyncDevice')).toThrow(
        expect.objectContaining({
          code: 'incompleteInventory',
          message: expect.stringContaining('Row 12 of Get-ActiveSyncDevice has no DistinguishedName below a mailbox'),
        }),
      )
    },
  )
})

test('a row without Guid is an error that names cmdlet and row', () => {
  expect(() => fromExchangeRecord({ ...whole, Guid: '' }, 3, 'Get-MobileDevice')).toThrow(
    expect.objectContaining({
      code: 'incompleteInventory',
      message: expect.stringContaining('Row 3 of Get-MobileDevice has no Guid'),
    }),
  )
})

test.each([
  ['Unknown', 'unknown'],
  ['Allowed', 'allowed'],
  ['Blocked', 'blocked'],
  ['Quarantined', 'quarantined'],
  ['DeviceDiscovery', 'deviceDiscovery'],
  [0, 'unknown'],
  [1, 'allowed'],
  [2, 'blocked'],
  [3, 'quarantined'],
  [4, 'deviceDiscovery'],
  ['allowed', 'allowed'],
  ['SomethingNew', 'unknown'],
  [null, 'unknown'],
])('the state %j is %s', (DeviceAccessState, expected) => {
  expect(read({ ...whole, DeviceAccessState }).state).toBe(expected)
})

test.each([
  ['Individual', 'Individual'],
  [2, 'Individual'],
  [6, 'UserAgentsChanges'],
  ['ExternallyManaged', 'ExternallyManaged'],
  [null, null],
])('the reason %j is %j', (DeviceAccessStateReason, expected) => {
  expect(read({ ...whole, DeviceAccessStateReason }).stateReason).toBe(expected)
})

test.each([
  ["Appl'; Get-Mailbox #", "Appl'; Get-Mailbox #"],
  [' spaced ', ' spaced '],
  ['  ', ''],
  [12345, '12345'],
])('the DeviceId %j stays as the device spells it', (DeviceId, expected) => {
  expect(read({ ...whole, DeviceId }).deviceId).toBe(expected)
})
