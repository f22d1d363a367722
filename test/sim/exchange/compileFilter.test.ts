import { describe, expect, test } from 'vitest'
import { CmdletError } from '../../../sim/exchange/cmdletError.ts'
import { compileFilter, type Filterable } from '../../../sim/exchange/compileFilter.ts'

const filterable: Filterable = {
  DeviceType: 'text',
  DeviceId: 'text',
  DeviceAccessState: 'exact',
  FirstSyncTime: 'date',
  ActiveSyncEnabled: 'flag',
  EmailAddresses: 'text',
}

const phone: Record<string, unknown> = {
  DeviceType: 'iPhone',
  DeviceId: "Appl'; Get-Mailbox #",
  DeviceAccessState: 'Quarantined',
  FirstSyncTime: '2026-11-01T08:00:00.000Z',
  ActiveSyncEnabled: true,
  EmailAddresses: ['SMTP:ana@contoso.com', 'smtp:a.gomes@contoso.com'],
  Secret: 'x',
}

const accepts = (filter: string) => compileFilter(filter, filterable)((name) => phone[name])

describe('a filter accepts', () => {
  test.each([
    ["DeviceType -eq 'iPhone'", true],
    ["devicetype -EQ 'IPHONE'", true],
    ['DeviceType -eq "iPhone"', true],
    ["DeviceType -ne 'iPhone'", false],
    ["DeviceType -like 'iP*'", true],
    ["DeviceType -like '*pho*'", true],
    ["DeviceType -like 'pho'", false],
    ["DeviceType -notlike 'iP*'", false],
    ["DeviceType -eq 'iP*'", false],
    ["DeviceType -like 'i.hone'", false],
    ["DeviceType -gt 'android'", true],
    ["DeviceId -eq 'Appl''; Get-Mailbox #'", true],
    ["DeviceId -like 'Appl''*'", true],
    ["DeviceAccessState -eq 'quarantined'", true],
    ["FirstSyncTime -gt '2026-10-31T23:59:59Z'", true],
    ["FirstSyncTime -gt '2026-11-01T08:00:00.000Z'", false],
    ["FirstSyncTime -ge '2026-11-01T08:00:00.000Z'", true],
    ["FirstSyncTime -gt '11/1/2026 7:59:59 AM'", true],
    ["FirstSyncTime -lt '11/1/2026 8:00:01 AM'", true],
    ["FirstSyncTime -gt '2026-11-01 09:00:00'", false],
    ["FirstSyncTime -gt '2026-11-01T07:59:59'", true],
    ['ActiveSyncEnabled -eq $true', true],
    ['ActiveSyncEnabled -ne $true', false],
    ["ActiveSyncEnabled -eq 'False'", false],
    ['DeviceType -ne $null', true],
    ['DeviceType -eq $null', false],
    ["EmailAddresses -eq 'smtp:ANA@contoso.com'", true],
    ["EmailAddresses -like '*gomes*'", true],
    ["EmailAddresses -ne 'smtp:ana@contoso.com'", false],
    ["DeviceType -eq 'iPhone' -and DeviceAccessState -eq 'Blocked'", false],
    ["DeviceType -eq 'iPad' -or DeviceAccessState -eq 'Quarantined'", true],
    ["-not DeviceType -like 'CAS_{*'", true],
    ["-not (DeviceType -eq 'iPhone' -or DeviceType -eq 'iPad')", false],
    ["(DeviceType -eq 'iPhone') -and (DeviceType -eq 'x' -or -not (DeviceType -eq 'y'))", true],
  ])('%s → %s', (filter, expected) => expect(accepts(filter)).toBe(expected))
})

describe('a filter is refused', () => {
  test.each([
    ["Secret -eq 'x'", 'not a recognized filterable property'],
    ["WhenChangedUTC -gt '2026-11-01'", 'WhenChangedUTC'],
    ["DeviceId -eq 'Appl'; Get-Mailbox #'", 'cannot be read from "; Get'],
    ["DeviceId -eq 'it's'", 'cannot be read'],
    ["DeviceId -eq 'it' s", '"s" is not expected there'],
    ['DeviceType -eq iPhone', 'a value in quotes'],
    ["DeviceType 'iPhone'", 'not a comparison operator'],
    ["DeviceType -match 'iPhone'", 'not a comparison operator'],
    ["(DeviceType -eq 'iPhone'", 'closing parenthesis'],
    ["DeviceType -eq 'iPhone')", 'not expected'],
    ["DeviceType -eq 'a' -and DeviceType -eq 'b' -or DeviceType -eq 'c'", 'mixed'],
    ["DeviceAccessState -like 'Q*'", '-like cannot be used'],
    ["FirstSyncTime -gt 'yesterday'", 'not a date'],
    ["FirstSyncTime -like '2026*'", '-like cannot be used'],
    ['DeviceType -eq $true', 'truth value'],
    ['DeviceType -like $null', 'cannot be used'],
    ['ActiveSyncEnabled -gt $true', '-eq or -ne'],
    ['DeviceType -eq $other', '$other'],
    ['', 'a property name is expected'],
    ["{DeviceType -eq 'iPhone'}", 'cannot be read'],
  ])('%s: %s', (filter, part) => {
    const attempt = () => accepts(filter)
    expect(attempt).toThrow(CmdletError)
    expect(attempt).toThrow(part)
  })
})
