import { describe, expect, test } from 'vitest'
import { ana, ben, simulate } from './simulate.ts'

const lists = ['ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs']
const unmodified = [
  "The command completed successfully but no settings of 'contoso.com/Users/Ana Gomes' have been modified.",
]

describe('a list of device ids', () => {
  test.each([
    // before, value → after, whether it warns
    [['A'], { Add: ['B'] }, ['A', 'B'], false],
    [['A'], { Add: ['a'] }, ['A'], true],
    [['A', 'B'], { Remove: ['b'] }, ['A'], false],
    [['A'], { Remove: ['X'] }, ['A'], true],
    [['A'], { Add: ['B'], Remove: ['A'] }, ['B'], false],
    [[], { Add: ['C', 'c', 'D'] }, ['C', 'D'], false],
    [['A', 'B'], ['C'], ['C'], false],
    [['A'], 'B', ['B'], false],
    [['A'], null, [], false],
    [['A'], ['A'], ['A'], true],
  ])('%j with %j becomes %j', (before, value, after, warns) => {
    const { run } = simulate({
      mailboxes: [
        { Guid: ana, DistinguishedName: 'CN=Ana Gomes,OU=Users,DC=contoso,DC=com', ActiveSyncAllowedDeviceIDs: before },
      ],
    })
    const set = run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: value })
    expect(set).toMatchObject({ rows: [], reason: undefined, warnings: warns ? unmodified : [] })
    expect(run('Get-CASMailbox', { Identity: ana }, lists).rows).toEqual([
      { ActiveSyncAllowedDeviceIDs: after, ActiveSyncBlockedDeviceIDs: [] },
    ])
  })

  test('moves an id between the lists in one command', () => {
    const { run } = simulate({ mailboxes: [{ Guid: ana, ActiveSyncBlockedDeviceIDs: ['A'] }] })
    run('Set-CASMailbox', {
      Identity: ana,
      ActiveSyncAllowedDeviceIDs: { Add: ['A'] },
      ActiveSyncBlockedDeviceIDs: { Remove: ['A'] },
    })
    const [row] = run('Get-CASMailbox', { Identity: ana }, lists).rows
    expect(row).toEqual({ ActiveSyncAllowedDeviceIDs: ['A'], ActiveSyncBlockedDeviceIDs: [] })
  })

  test.each([{ Put: ['A'] }, {}, { Add: 'A' }, { Add: [1] }, 5, true])('refuses %j', (value) => {
    const { run } = simulate()
    const { reason } = run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: value })
    expect(reason).toBe('ParameterBindingException')
  })
})

test('WhenChangedUTC moves with a change, and with nothing else', () => {
  const { run, clock } = simulate()
  const changed = () => run('Get-CASMailbox', { Identity: ana }, ['WhenChangedUTC']).rows[0]?.['WhenChangedUTC']
  clock.ms += 60_000
  run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Remove: ['X'] } })
  expect(changed()).toBe('2026-11-21T12:00:00.000Z')
  run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: ['X'] } })
  expect(changed()).toBe('2026-11-21T12:01:00.000Z')
  const newer = run('Get-CASMailbox', { Filter: "WhenChangedUTC -gt '11/21/2026 12:00:30 PM'" }, ['Guid']).rows
  expect(newer).toEqual([{ Guid: ana }])
})

test("a device's WhenChangedUTC moves when the lists change its state", () => {
  const { run, clock } = simulate()
  const changed = () => run('Get-MobileDevice', {}, ['WhenChangedUTC']).rows[0]?.['WhenChangedUTC']
  clock.ms += 60_000
  run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: ['ApplANA1'] } })
  expect(changed()).toBe('2026-11-21T12:00:00.000Z')
  run('Set-CASMailbox', { Identity: ana, ActiveSyncBlockedDeviceIDs: { Add: ['ApplANA1'] } })
  expect(changed()).toBe('2026-11-21T12:01:00.000Z')
})

test('the mailbox policy is assigned by name, and null is the default again', () => {
  const { run } = simulate({ mailboxPolicies: [{ Name: 'Phones' }] })
  const policy = () =>
    run('Get-CASMailbox', { Identity: ana }, ['ActiveSyncMailboxPolicy', 'ActiveSyncMailboxPolicyIsDefaulted']).rows[0]
  expect(policy()).toEqual({ ActiveSyncMailboxPolicy: 'Default', ActiveSyncMailboxPolicyIsDefaulted: true })
  run('Set-CASMailbox', { Identity: ana, ActiveSyncMailboxPolicy: 'phones' })
  expect(policy()).toEqual({ ActiveSyncMailboxPolicy: 'Phones', ActiveSyncMailboxPolicyIsDefaulted: false })
  run('Set-CASMailbox', { Identity: ana, ActiveSyncMailboxPolicy: 'Default' })
  expect(policy()).toEqual({ ActiveSyncMailboxPolicy: 'Default', ActiveSyncMailboxPolicyIsDefaulted: false })
  run('Set-CASMailbox', { Identity: ana, ActiveSyncMailboxPolicy: null })
  expect(policy()).toEqual({ ActiveSyncMailboxPolicy: 'Default', ActiveSyncMailboxPolicyIsDefaulted: true })
  const unknown = run('Set-CASMailbox', { Identity: ana, ActiveSyncMailboxPolicy: 'Tablets' })
  expect(unknown.reason).toBe('ManagementObjectNotFoundException')
})

describe('the list of mailboxes', () => {
  const many = Array.from({ length: 1_001 }, (_, index) => ({
    Guid: `guid-${index}`,
    PrimarySmtpAddress: `u${index}@contoso.com`,
  }))

  test.each([
    [{}, 1_000, true],
    [{ ResultSize: 'Unlimited' }, 1_001, false],
    [{ ResultSize: 3 }, 3, true],
    [{ ResultSize: 1_001 }, 1_001, false],
    [{ Filter: "PrimarySmtpAddress -like 'u99*'" }, 11, false],
  ])('with %j has %i rows', (parameters, rows, warns) => {
    const { run } = simulate({ mailboxes: many, devices: [] })
    const answer = run('Get-CASMailbox', parameters, ['Guid'])
    expect([answer.rows.length, answer.warnings.length > 0]).toEqual([rows, warns])
  })

  test.each([
    [`Guid -eq '${ana.toUpperCase()}'`, [ana]],
    [`Guid -eq '${ana}' -or (Guid -eq '${ben.toUpperCase()}' -or Guid -eq 'x') -or Guid -eq '${ana}'`, [ana, ben]],
    [`Guid -eq '${ana}' -or ActiveSyncEnabled -eq $false`, [ana, ben]],
    [`Guid -ne '${ana}'`, [ben]],
    ["ActiveSyncAllowedDeviceIDs -like 'Appl*'", [ben]],
    ['ActiveSyncBlockedDeviceIDs -ne $null', []],
    ['HasActiveSyncDevicePartnership -eq $true', [ana]],
    ['ActiveSyncEnabled -eq $false', [ben]],
    ["PrimarySmtpAddress -eq 'ana@old.contoso.com'", [ana]],
    ["EmailAddresses -like '*old*'", [ana]],
    ["DistinguishedName -eq 'CN=Ben,OU=Users,DC=contoso,DC=com'", [ben]],
  ])('with the filter %s', (Filter, guids) => {
    const { run } = simulate({
      mailboxes: [
        {
          Guid: ana,
          PrimarySmtpAddress: 'ana@contoso.com',
          EmailAddresses: ['SMTP:ana@contoso.com', 'smtp:ana@old.contoso.com'],
        },
        {
          Guid: ben,
          DistinguishedName: 'CN=Ben,OU=Users,DC=contoso,DC=com',
          ActiveSyncAllowedDeviceIDs: ['ApplBEN1'],
          ActiveSyncEnabled: false,
        },
      ],
    })
    expect(run('Get-CASMailbox', { Filter }, ['Guid']).rows.map((row) => row['Guid'])).toEqual(guids)
  })

  test('is sorted, and cut to an organizational unit', () => {
    const { run } = simulate()
    const byName = run('Get-CASMailbox', { SortBy: 'PrimarySmtpAddress', OrganizationalUnit: 'contoso.com/Users' }, [
      'Guid',
    ])
    expect(byName.rows).toEqual([{ Guid: ana }, { Guid: ben }])
    expect(run('Get-CASMailbox', { OrganizationalUnit: 'OU=Other,DC=contoso,DC=com' }).rows).toEqual([])
  })
})

test('the partnership flag may be stale until it is recalculated', () => {
  const { run } = simulate({ mailboxes: [{ Guid: ana, HasActiveSyncDevicePartnership: true }], devices: [] })
  const flag = (parameters: Record<string, unknown>) =>
    run('Get-CASMailbox', parameters, ['HasActiveSyncDevicePartnership']).rows[0]?.['HasActiveSyncDevicePartnership']
  expect(flag({})).toBe(true)
  expect(flag({ RecalculateHasActiveSyncDevicePartnership: true })).toBe(false)
})

test('a mailbox with no more than an id has sensible properties', () => {
  const { run } = simulate({
    mailboxes: [{ Guid: 'ABC', PrimarySmtpAddress: null, ActiveSyncAllowedDeviceIDs: null }],
    devices: [],
  })
  const [row] = run('Get-CASMailbox').rows
  expect(row).toMatchObject({
    Guid: 'abc',
    DistinguishedName: 'CN=abc,OU=Users,DC=contoso,DC=com',
    Identity: 'contoso.com/Users/abc',
    Name: 'abc',
    DisplayName: 'abc',
    PrimarySmtpAddress: null,
    EmailAddresses: [],
    ServerName: 'EX1',
    ActiveSyncEnabled: true,
    ActiveSyncAllowedDeviceIDs: [],
    ActiveSyncBlockedDeviceIDs: [],
    HasActiveSyncDevicePartnership: false,
  })
  expect(row).not.toHaveProperty('UserPrincipalName')
})

test('a mailbox whose name ends in error-<Reason> cannot be changed', () => {
  const { run } = simulate({ mailboxes: [{ Guid: ana, Name: 'Ana error-ADOperationException' }] })
  expect(run('Set-CASMailbox', { Identity: ana, ActiveSyncEnabled: false }).reason).toBe('ADOperationException')
  expect(run('Get-CASMailbox', { Identity: ana }).rows.length).toBe(1)
})
