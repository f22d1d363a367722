/** What an account sees: dialects, hidden cmdlets and parameters, Get-Command; and the rest of the closed list. */
import { describe, expect, test } from 'vitest'
import { commands } from '../../../protocol/commands.ts'
import { ana, ben, phone, simulate } from './simulate.ts'

const names = Object.keys(commands)
const mobileNames = names.filter((name) => name.includes('MobileDevice'))

test('every cmdlet and parameter of the closed list exists', () => {
  const { run } = simulate()
  const visible = new Map(run('Get-Command').rows.map((row) => [row['Name'], row['Parameters']]))
  for (const [name, spec] of Object.entries(commands)) {
    // The relay does it itself.
    if (spec.kind === 'mail') continue
    expect(visible.get(name)).toEqual(expect.arrayContaining(Object.keys(spec.parameters)))
  }
})

test.each(mobileNames)('%s does not exist in the 2010 dialect', (cmdlet) => {
  const { run } = simulate({ dialect: 'ActiveSyncDevice' })
  expect(run(cmdlet, { Identity: phone }).reason).toBe('CommandNotFoundException')
  expect(run('Get-Command').rows.map((row) => row['Name'])).not.toContain(cmdlet)
})

test.each([
  'Get-ActiveSyncDevice',
  'Get-ActiveSyncMailboxPolicy',
  'Set-ActiveSyncMailboxPolicy',
  'Remove-ActiveSyncDevice',
])('%s warns that it is deprecated, but not in the 2010 dialect', (cmdlet) => {
  const parameters = { Identity: cmdlet.includes('Policy') ? 'Default' : phone }
  const deprecation = (dialect: string) =>
    simulate({ dialect })
      .run(cmdlet, parameters)
      .warnings.filter((warning) => warning.includes('will be removed'))
  expect(deprecation('MobileDevice')).toEqual([expect.stringContaining(cmdlet.replace('ActiveSync', 'Mobile'))])
  expect(deprecation('ActiveSyncDevice')).toEqual([])
})

test.each(['Get-CASMailbox', 'Get-ActiveSyncDevice'])('%s has no -Monitoring in the 2010 dialect', (cmdlet) => {
  const { run } = simulate({ dialect: 'ActiveSyncDevice' })
  expect(run(cmdlet, { Monitoring: true }).message).toContain("parameter name 'Monitoring'")
})

describe('RBAC', () => {
  const hidden = { cmdlets: ['get-mobiledevice'], parameters: { 'Set-CASMailbox': ['ActiveSyncBlockedDeviceIDs'] } }

  test('hides cmdlets and parameters', () => {
    const { run } = simulate({ hidden })
    expect(run('Get-MobileDevice').reason).toBe('CommandNotFoundException')
    const set = run('Set-CASMailbox', { Identity: ana, ActiveSyncBlockedDeviceIDs: { Add: ['A'] } })
    expect(set).toMatchObject({
      reason: 'ParameterBindingException',
      message: expect.stringContaining('ActiveSyncBlockedDeviceIDs'),
    })
    expect(run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: ['A'] } }).reason).toBeUndefined()
  })

  test('shows in Get-Command', () => {
    const { run } = simulate({ hidden })
    const [set] = run('Get-Command', { Name: ['Set-CASMailbox'] }).rows
    expect(set?.['Parameters']).toContain('ActiveSyncAllowedDeviceIDs')
    expect(set?.['Parameters']).not.toContain('ActiveSyncBlockedDeviceIDs')
    expect(run('Get-Command', { Name: ['Get-MobileDevice*'] }, ['Name']).rows.map((row) => row['Name'])).toEqual([
      'Get-MobileDeviceMailboxPolicy',
      'Get-MobileDeviceStatistics',
    ])
    const both = run('Get-Command', { Name: ['Get-MobileDevice', 'Get-CASMailbox'] }, ['Name'])
    expect(both).toMatchObject({ rows: [{ Name: 'Get-CASMailbox' }], reason: 'CommandNotFoundException' })
  })
})

test('names are found in any case, and a parameter that does not exist is named', () => {
  const { run } = simulate()
  expect(run('get-casmailbox', { IDENTITY: ana }, ['guid']).rows).toEqual([{ guid: ana }])
  expect(run('Get-CASMailbox', { Identities: ana }).message).toContain("parameter name 'Identities'")
  expect(run('Get-Process').reason).toBe('CommandNotFoundException')
})

test('servers are filled in, and found by name, Fqdn and domain', () => {
  const servers = [
    { Name: 'EX1', Fqdn: 'ex1.contoso.com' },
    { Name: 'EX2', ServerRole: 'Edge', AdminDisplayVersion: 'Version 15.1 (Build 2507.6)' },
  ]
  const { run } = simulate({ servers })
  expect(run('Get-ExchangeServer').rows).toMatchObject([
    {
      Name: 'EX1',
      Fqdn: 'ex1.contoso.com',
      ServerRole: 'Mailbox',
      AdminDisplayVersion: 'Version 15.2 (Build 1544.4)',
      IsMailboxServer: true,
    },
    {
      Name: 'EX2',
      Fqdn: 'ex2.contoso.com',
      ServerRole: 'Edge',
      AdminDisplayVersion: 'Version 15.1 (Build 2507.6)',
      IsMailboxServer: false,
    },
  ])
  expect(run('Get-ExchangeServer', { Identity: 'EX2.contoso.com' }, ['Name']).rows).toEqual([{ Name: 'EX2' }])
  expect(run('Get-ExchangeServer', { Identity: 'EX3' }).reason).toBe('ManagementObjectNotFoundException')
  expect(run('Get-ExchangeServer', { Domain: 'fabrikam.com' }).rows).toEqual([])
  const [old] = simulate({ dialect: 'ActiveSyncDevice' }).run('Get-ExchangeServer').rows
  expect(old?.['AdminDisplayVersion']).toMatch(/^Version 14\./)
})

test.each([
  [{ RecipientType: ['usermailbox'] }, [ana, ben]],
  [{ RecipientTypeDetails: ['SharedMailbox'] }, [ben]],
  [{ Anr: 'gom' }, [ana]],
  [{ Identity: 'ben@contoso.com' }, [ben]],
  [{ Filter: "RecipientTypeDetails -eq 'SharedMailbox'" }, [ben]],
])('Get-Recipient %j', (parameters, guids) => {
  const { run } = simulate({
    mailboxes: [
      { Guid: ana, Name: 'Ana', DisplayName: 'Gomes, Ana' },
      { Guid: ben, PrimarySmtpAddress: 'ben@contoso.com', RecipientTypeDetails: 'SharedMailbox' },
    ],
  })
  expect(run('Get-Recipient', parameters, ['Guid']).rows.map((row) => row['Guid'])).toEqual(guids)
})

test('device classes are those of the devices and those that the world adds, each once', () => {
  const device = { Mailbox: ana, DeviceType: 'iPhone', DeviceModel: 'iPhone14C2' }
  const { run } = simulate({
    devices: [
      { Guid: '1', ...device, FirstSyncTime: '2026-11-01T08:00:00Z' },
      { Guid: '2', ...device },
      { Guid: '3', ...device, DeviceModel: 'iPhone15' },
    ],
    deviceClasses: [{ DeviceType: 'WP8', DeviceModel: 'Lumia' }],
  })
  expect(run('Get-ActiveSyncDeviceClass').rows).toEqual([
    { Name: 'WP8§Lumia', DeviceType: 'WP8', DeviceModel: 'Lumia', LastUpdateTime: null },
    {
      Name: 'iPhone§iPhone14C2',
      DeviceType: 'iPhone',
      DeviceModel: 'iPhone14C2',
      LastUpdateTime: '2026-11-01T08:00:00.000Z',
    },
    {
      Name: 'iPhone§iPhone15',
      DeviceType: 'iPhone',
      DeviceModel: 'iPhone15',
      LastUpdateTime: '2026-11-21T12:00:00.000Z',
    },
  ])
  expect(run('Get-ActiveSyncDeviceClass', { Filter: "DeviceType -eq 'WP8'" }).rows.length).toBe(1)
})

test('the journal has every Set, New, Remove and Clear that ran, failed ones too, and no read', () => {
  const { run, journal } = simulate()
  run('Get-CASMailbox')
  run('Set-ADServerSettings', { ViewEntireForest: true })
  run('Set-CASMailbox', { Identity: ana, ActiveSyncEnabled: true })
  run('New-ActiveSyncDeviceAccessRule', { QueryString: 'a', Characteristic: 'DeviceType', AccessLevel: 'Allow' })
  run('Remove-MobileDevice', { Identity: 'nothing' })
  run('Clear-MobileDevice', { Identity: phone })
  expect(journal.count).toBe(4)
  expect(journal.since(0).map(({ seq, cmdlet, error, warnings }) => [seq, cmdlet, error, warnings.length])).toEqual([
    [1, 'Set-CASMailbox', null, 1],
    [2, 'New-ActiveSyncDeviceAccessRule', null, 0],
    [3, 'Remove-MobileDevice', 'ManagementObjectNotFoundException', 0],
    [4, 'Clear-MobileDevice', null, 0],
  ])
  expect(journal.since(3).length).toBe(1)
})

test('Set-ADServerSettings refuses both the whole forest and a part of it', () => {
  const { run } = simulate()
  expect(run('Set-ADServerSettings', { ViewEntireForest: true }).reason).toBeUndefined()
  expect(run('Set-ADServerSettings', { ViewEntireForest: true, RecipientViewRoot: 'x' }).reason).toBe(
    'ParameterBindingException',
  )
})
