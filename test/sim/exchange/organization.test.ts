/** Organization settings, access rules and mailbox policies. */
import { describe, expect, test } from 'vitest'
import { ana, simulate } from './simulate.ts'

describe('the organization settings', () => {
  test('have defaults', () => {
    const { run } = simulate()
    expect(run('Get-ActiveSyncOrganizationSettings').rows).toEqual([
      {
        Guid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        Identity: 'Mobile Mailbox Settings',
        Name: 'Mobile Mailbox Settings',
        DistinguishedName:
          'CN=Mobile Mailbox Settings,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com',
        OrganizationId: 'Contoso',
        DefaultAccessLevel: 'Allow',
        UserMailInsert: null,
        OtaNotificationMailInsert: null,
        AdminMailRecipients: [],
        AllowAccessForUnSupportedPlatform: false,
        WhenChangedUTC: '2026-11-21T12:00:00.000Z',
      },
    ])
  })

  test.each([
    [{ DefaultAccessLevel: 'quarantine' }, { DefaultAccessLevel: 'Quarantine' }],
    [{ UserMailInsert: 'x'.repeat(256) }, { UserMailInsert: 'x'.repeat(256) }],
    [{ UserMailInsert: null }, { UserMailInsert: null }],
    [{ AdminMailRecipients: ['a@x'] }, { AdminMailRecipients: ['a@x'] }],
    [{ AdminMailRecipients: { Add: ['b@x'], Remove: ['OLD@x'] } }, { AdminMailRecipients: ['b@x'] }],
  ])('take %j', (parameters, expected) => {
    const { run } = simulate({ organizationSettings: { UserMailInsert: 'hello', AdminMailRecipients: ['old@x'] } })
    expect(run('Set-ActiveSyncOrganizationSettings', parameters)).toMatchObject({ reason: undefined, warnings: [] })
    expect(run('Get-ActiveSyncOrganizationSettings').rows[0]).toMatchObject(expected)
  })

  test.each([
    [{ UserMailInsert: 'x'.repeat(257) }, 'DataValidationException'],
    [{ OtaNotificationMailInsert: 'x'.repeat(257) }, 'DataValidationException'],
    [{ DefaultAccessLevel: 'None' }, 'ParameterBindingException'],
    [{ NoSuch: 'x' }, 'ParameterBindingException'],
  ])('refuse %j', (parameters, reason) => {
    const { run } = simulate()
    expect(run('Set-ActiveSyncOrganizationSettings', parameters).reason).toBe(reason)
  })

  test('warn when nothing changes', () => {
    const { run } = simulate()
    expect(run('Set-ActiveSyncOrganizationSettings', { DefaultAccessLevel: 'Allow' }).warnings).toEqual([
      "The command completed successfully but no settings of 'Mobile Mailbox Settings' have been modified.",
    ])
  })
})

describe('an access rule', () => {
  const rule = { QueryString: 'iPad', Characteristic: 'DeviceType', AccessLevel: 'Block' }

  test('is made, named after what it matches, changed and removed', () => {
    const { run, clock } = simulate()
    const [made] = run('New-ActiveSyncDeviceAccessRule', rule).rows
    expect(made).toEqual({
      ...rule,
      Guid: made?.['Guid'],
      Identity: 'iPad (DeviceType)',
      Name: 'iPad (DeviceType)',
      WhenChangedUTC: '2026-11-21T12:00:00.000Z',
    })
    clock.ms += 1_000
    run('Set-ActiveSyncDeviceAccessRule', { Identity: made?.['Guid'], AccessLevel: 'Quarantine' })
    expect(
      run('Get-ActiveSyncDeviceAccessRule', { Identity: 'ipad (devicetype)' }, ['AccessLevel', 'WhenChangedUTC']).rows,
    ).toEqual([{ AccessLevel: 'Quarantine', WhenChangedUTC: '2026-11-21T12:00:01.000Z' }])
    expect(
      run('Set-ActiveSyncDeviceAccessRule', { Identity: 'iPad (DeviceType)', AccessLevel: 'Quarantine' }).warnings
        .length,
    ).toBe(1)
    run('Remove-ActiveSyncDeviceAccessRule', { Identity: 'iPad (DeviceType)', Confirm: false })
    expect(run('Get-ActiveSyncDeviceAccessRule').rows).toEqual([])
    expect(run('Set-ActiveSyncDeviceAccessRule', { Identity: made?.['Guid'], AccessLevel: 'Allow' }).reason).toBe(
      'ManagementObjectNotFoundException',
    )
  })

  test('exists once for a text and a characteristic', () => {
    const { run } = simulate({ accessRules: [rule] })
    expect(run('New-ActiveSyncDeviceAccessRule', { ...rule, QueryString: 'IPAD', AccessLevel: 'Allow' }).reason).toBe(
      'ADObjectAlreadyExistsException',
    )
    expect(run('New-ActiveSyncDeviceAccessRule', { ...rule, Characteristic: 'DeviceModel' }).reason).toBeUndefined()
  })

  test.each(['QueryString', 'Characteristic', 'AccessLevel'])('needs -%s', (name) => {
    const { run } = simulate()
    const { [name]: _, ...rest } = rule as Record<string, unknown>
    expect(run('New-ActiveSyncDeviceAccessRule', rest).message).toContain(name)
  })

  test('of the world has the same Guid at every start', () => {
    const [first, second] = [simulate({ accessRules: [rule] }), simulate({ accessRules: [rule] })]
    const rows = first.run('Get-ActiveSyncDeviceAccessRule', {}, ['Guid']).rows
    expect(second.run('Get-ActiveSyncDeviceAccessRule', {}, ['Guid']).rows).toEqual(rows)
  })
})

describe('a mailbox policy', () => {
  test('is one object under the names of two dialects', () => {
    const { run } = simulate()
    run('New-MobileDeviceMailboxPolicy', { Name: 'Phones', PasswordEnabled: true, MinPasswordLength: 6 })
    run('Set-ActiveSyncMailboxPolicy', {
      Identity: 'Phones',
      MinDevicePasswordLength: 8,
      DevicePasswordExpiration: '90.00:00:00',
    })
    const old = run('Get-ActiveSyncMailboxPolicy', { Identity: 'phones' }).rows[0]
    const mobile = run('Get-MobileDeviceMailboxPolicy', { Identity: 'phones' }).rows[0]
    expect(old).toMatchObject({
      DevicePasswordEnabled: true,
      MinDevicePasswordLength: 8,
      DevicePasswordExpiration: '90.00:00:00',
    })
    expect(mobile).toMatchObject({
      PasswordEnabled: true,
      MinPasswordLength: 8,
      PasswordExpiration: '90.00:00:00',
      Guid: old?.['Guid'],
    })
    expect(old).not.toHaveProperty('PasswordEnabled')
    expect(mobile).not.toHaveProperty('DevicePasswordEnabled')
  })

  test.each([
    ['Set-MobileDeviceMailboxPolicy', { DevicePasswordEnabled: true }, 'DevicePasswordEnabled'],
    ['Set-MobileDeviceMailboxPolicy', { MinPasswordLength: 17 }, 'MinPasswordLength'],
    ['Set-ActiveSyncMailboxPolicy', { MinDevicePasswordLength: null }, 'MinDevicePasswordLength'],
  ])('%s refuses %j', (cmdlet, parameters, named) => {
    const answer = simulate().run(cmdlet, { Identity: 'Default', ...parameters })
    expect(answer).toMatchObject({ reason: 'ParameterBindingException', message: expect.stringContaining(named) })
  })

  test('is the default alone', () => {
    const { run } = simulate()
    run('New-MobileDeviceMailboxPolicy', { Name: 'Phones', IsDefault: true })
    expect(run('Get-ActiveSyncMailboxPolicy', {}, ['Name', 'IsDefaultPolicy']).rows).toEqual([
      { Name: 'Default', IsDefaultPolicy: false },
      { Name: 'Phones', IsDefaultPolicy: true },
    ])
  })

  test('exists once, and is not removed while it is the default or assigned', () => {
    const { run } = simulate()
    run('New-MobileDeviceMailboxPolicy', { Name: 'Phones' })
    run('Set-CASMailbox', { Identity: ana, ActiveSyncMailboxPolicy: 'Phones' })
    const inUse = 'CannotDeleteAssociatedMailboxPolicyException'
    expect(run('New-MobileDeviceMailboxPolicy', { Name: 'phones' }).reason).toBe('ADObjectAlreadyExistsException')
    expect(run('Remove-MobileDeviceMailboxPolicy', { Identity: 'Phones', Force: true }).reason).toBe(inUse)
    expect(run('Remove-MobileDeviceMailboxPolicy', { Identity: 'Default' }).reason).toBe(inUse)
    run('Set-CASMailbox', { Identity: ana, ActiveSyncMailboxPolicy: null })
    expect(run('Remove-MobileDeviceMailboxPolicy', { Identity: 'Phones' }).reason).toBeUndefined()
    expect(run('Get-MobileDeviceMailboxPolicy', {}, ['Name']).rows).toEqual([{ Name: 'Default' }])
  })

  test('warns when nothing changes', () => {
    const { run } = simulate()
    run('Set-MobileDeviceMailboxPolicy', { Identity: 'Default', AllowCamera: false })
    expect(run('Set-MobileDeviceMailboxPolicy', { Identity: 'Default', AllowCamera: false }).warnings.length).toBe(1)
  })
})
