import { describe, expect, test } from 'vitest'
import { ana, ben, phone, simulate } from './simulate.ts'

const dn = 'CN=iPhone§ApplANA1,CN=ExchangeActiveSyncDevices,CN=Ana Gomes,OU=Users,DC=contoso,DC=com'
const identity = 'contoso.com/Users/Ana Gomes/ExchangeActiveSyncDevices/iPhone§ApplANA1'
const notFound = 'ManagementObjectNotFoundException'
const ambiguous = 'ManagementObjectAmbiguousException'

test('a device has the identities of the documents', () => {
  const { run } = simulate()
  const shapes = ['Guid', 'Identity', 'DistinguishedName', 'Name', 'UserDisplayName']
  expect(run('Get-MobileDevice', {}, shapes).rows).toEqual([
    {
      Guid: phone,
      Identity: identity,
      DistinguishedName: dn,
      Name: 'iPhone§ApplANA1',
      UserDisplayName: 'contoso.com/Users/Ana Gomes',
    },
  ])
})

describe('a device is found by', () => {
  test.each([
    ['its Guid', phone, undefined],
    ['its Guid in capitals', phone.toUpperCase(), undefined],
    ['its DN', dn, undefined],
    ['its DN in another case', dn.toUpperCase(), undefined],
    ['its identity', identity, undefined],
    ['its identity in another case', identity.toLowerCase(), undefined],
    ['not its bare DeviceId', 'ApplANA1', notFound],
    ['not its name', 'iPhone§ApplANA1', notFound],
    ["not another mailbox's identity", identity.replace('Ana Gomes', 'Ben'), notFound],
    ['not its mailbox', ana, notFound],
  ])('%s', (_, Identity, reason) => {
    const answer = simulate().run('Get-MobileDevice', { Identity }, ['Guid'])
    expect(answer).toMatchObject({ reason, rows: reason ? [] : [{ Guid: phone }] })
  })
})

test('special characters of a device id are escaped in its DN, which finds it again', () => {
  const DeviceId = ' a,b+c"d\\e<f>g;h=i#\u00e9 '
  const { run } = simulate({ devices: [{ Guid: phone, Mailbox: ana, DeviceId, DeviceType: '#x' }] })
  const [row] = run('Get-MobileDevice').rows
  expect(row?.['DistinguishedName']).toBe(
    String.raw`CN=\#x§ a\,b\+c\"d\\e\<f\>g\;h\=i#é\ ,CN=ExchangeActiveSyncDevices,CN=Ana Gomes,OU=Users,DC=contoso,DC=com`,
  )
  for (const Identity of [row?.['DistinguishedName'], row?.['Identity']]) {
    expect(run('Get-MobileDevice', { Identity }, ['DeviceId']).rows).toEqual([{ DeviceId }])
  }
})

describe('a mailbox is found by', () => {
  const mailboxes = [
    {
      Guid: ana,
      DistinguishedName: String.raw`CN=Gomes\, Ana,OU=Users,DC=contoso,DC=com`,
      PrimarySmtpAddress: 'ana@contoso.com',
      EmailAddresses: ['SMTP:ana@contoso.com', 'smtp:a.gomes@contoso.com', 'X400:c=PT'],
      SamAccountName: 'agomes',
      Name: 'Gomes, Ana',
    },
    { Guid: ben, PrimarySmtpAddress: 'ben@contoso.com', SamAccountName: 'shared', Name: 'Ben' },
    { Guid: 'ben2', PrimarySmtpAddress: 'ben2@contoso.com', SamAccountName: 'shared', Name: 'Ben' },
  ]
  test.each([
    ['Guid', ana.toUpperCase(), undefined],
    ['DN', String.raw`CN=Gomes\, Ana,OU=Users,DC=contoso,DC=com`, undefined],
    ['DN escaped otherwise', String.raw`cn=Gomes\2C Ana,ou=Users,dc=contoso,dc=com`, undefined],
    ['canonical name', 'contoso.com/Users/Gomes, Ana', undefined],
    ['primary address', 'ANA@contoso.com', undefined],
    ['other address', 'A.Gomes@contoso.com', undefined],
    ['name', 'gomes, ana', undefined],
    ['SamAccountName', 'AGOMES', undefined],
    ['no X400 address', 'c=PT', notFound],
    ['no such name', 'nobody', notFound],
    ['a name that two have', 'ben', ambiguous],
    ['a SamAccountName that two have', 'shared', ambiguous],
  ])('%s', (_, Identity, reason) => {
    const { run } = simulate({ mailboxes, devices: [] })
    expect(run('Get-CASMailbox', { Identity }, ['Guid'])).toMatchObject({ reason, rows: reason ? [] : [{ Guid: ana }] })
    expect(run('Get-MobileDevice', { Mailbox: Identity })).toMatchObject({ reason, rows: [] })
    expect(run('Set-CASMailbox', { Identity, ActiveSyncEnabled: false }).reason).toBe(reason)
  })
})

test.each([
  'Get-CASMailbox',
  'Get-MobileDevice',
  'Get-ActiveSyncDeviceAccessRule',
  'Get-Recipient',
  'Get-ExchangeServer',
])('%s with a null or empty identity gives every object: the trap', (cmdlet) => {
  const { run } = simulate({ accessRules: [{ QueryString: 'x', Characteristic: 'DeviceType', AccessLevel: 'Block' }] })
  const all = run(cmdlet).rows
  expect(all.length).toBeGreaterThan(0)
  expect(run(cmdlet, { Identity: null }).rows).toEqual(all)
  expect(run(cmdlet, { Identity: '' }).rows).toEqual(all)
})

test.each(['Set-CASMailbox', 'Remove-MobileDevice', 'Clear-MobileDevice', 'Remove-ActiveSyncDeviceAccessRule'])(
  '%s refuses a missing or null identity',
  (cmdlet) => {
    const { run, exchange } = simulate()
    expect(run(cmdlet).reason).toBe('ParameterBindingException')
    expect(run(cmdlet, { Identity: null }).reason).toBe('ParameterBindingException')
    expect([...exchange.devices.all()].length).toBe(1)
  },
)

test('a device keeps its place in the directory when its user has no mailbox', () => {
  const devices = [
    { Guid: 'd1', Mailbox: 'gone', DeviceId: 'A', DeviceType: 'iPad' },
    { Guid: 'd2', DeviceId: 'B', DeviceType: 'iPad', DistinguishedName: dn.replace('Ana Gomes', 'Left') },
  ]
  const { run } = simulate({ devices })
  const rows = run('Get-MobileDevice', {}, ['DistinguishedName']).rows.map((row) => row['DistinguishedName'])
  expect(rows).toEqual([
    'CN=iPad§A,CN=ExchangeActiveSyncDevices,CN=gone,OU=Users,DC=contoso,DC=com',
    devices[1]?.DistinguishedName,
  ])
  for (const Identity of rows) expect(run('Get-MobileDevice', { Identity }).rows.length).toBe(1)
})
