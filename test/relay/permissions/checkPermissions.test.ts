import { describe, expect, test } from 'vitest'
import { commands } from '../../../protocol/commands.ts'
import { checkPermissions, type PermissionReport } from '../../../relay/permissions/checkPermissions.ts'
import { neededPermissions } from '../../../relay/permissions/neededPermissions.ts'
import { permissionLine, permissionNames, permissionReport } from '../../../relay/permissions/permissionReport.ts'
import { simulate } from '../../sim/exchange/simulate.ts'
import { settled, startExchangeSide } from '../startExchangeSide.ts'

const nothing = { wipe: false, removePartnership: false }
const everything = { wipe: true, removePartnership: true }

/** What the account of a simulated Exchange lacks. */
async function report(world: object, allowed = nothing): Promise<PermissionReport> {
  const { run } = simulate(world)
  return checkPermissions(async (Name) => ({ rows: [...run('Get-Command', { Name }).rows] }), allowed)
}
const named = ({ missing }: PermissionReport) =>
  missing.map((found) => [...permissionNames(found), found.severity].join(' '))

describe('the table', () => {
  test('has every cmdlet of the closed list, but the one that asks and what is no cmdlet', () => {
    const own = Object.entries(commands).filter(([, { kind }]) => kind !== 'mail')
    const names = own.map(([name]) => name).filter((name) => name !== 'Get-Command')
    expect([...new Set(neededPermissions.map(({ cmdlet }) => cmdlet))].toSorted()).toEqual(names.toSorted())
  })

  test('has every parameter that a row names in the closed list', () => {
    for (const { cmdlet, parameters } of neededPermissions) {
      expect(Object.keys(commands[cmdlet].parameters)).toEqual(expect.arrayContaining([...parameters]))
    }
  })

  test.each(['ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs', 'Identity'])(
    'needs Set-CASMailbox -%s',
    (name) => {
      const rows = neededPermissions.filter(
        ({ cmdlet, severity }) => cmdlet === 'Set-CASMailbox' && severity === 'needed',
      )
      expect(rows.flatMap(({ parameters }) => parameters)).toContain(name)
    },
  )
})

describe.each(['MobileDevice', 'ActiveSyncDevice'] as const)(
  'an account of the %s dialect that may do everything',
  (dialect) => {
    test('lacks nothing', async () => {
      expect(await report({ dialect }, everything)).toEqual({ dialect, missing: [] })
    })
  },
)

test.each<[string, object, typeof nothing, string[]]>([
  ['a hidden cmdlet', { cmdlets: ['Set-CASMailbox'] }, nothing, ['Set-CASMailbox needed']],
  [
    'hidden parameters, each by name',
    { parameters: { 'Set-CASMailbox': ['ActiveSyncBlockedDeviceIDs', 'ActiveSyncMailboxPolicy'] } },
    nothing,
    ['Set-CASMailbox -ActiveSyncBlockedDeviceIDs needed', 'Set-CASMailbox -ActiveSyncMailboxPolicy optional'],
  ],
  [
    'statistics as optional',
    { cmdlets: ['Get-MobileDeviceStatistics'] },
    nothing,
    ['Get-MobileDeviceStatistics optional'],
  ],
  [
    'nothing of wiping where it is not allowed',
    { cmdlets: ['Clear-MobileDevice', 'Remove-MobileDevice'] },
    nothing,
    [],
  ],
  [
    'wiping where it is allowed',
    { cmdlets: ['Clear-MobileDevice', 'Remove-MobileDevice'] },
    { wipe: true, removePartnership: false },
    ['Clear-MobileDevice optional'],
  ],
  ['nothing of the older cmdlets where the newer are used', { cmdlets: ['Get-ActiveSyncDevice'] }, nothing, []],
  ['parameters that only some versions have: not', { parameters: { 'Get-CASMailbox': ['Monitoring'] } }, nothing, []],
  [
    'the newer device cmdlet as optional when the older one serves',
    { cmdlets: ['Get-MobileDevice'] },
    nothing,
    ['Get-MobileDevice optional'],
  ],
  [
    'the older one as needed when it is the one in use',
    { cmdlets: ['Get-MobileDevice', 'Get-ActiveSyncDevice'] },
    nothing,
    ['Get-ActiveSyncDevice needed', 'Get-MobileDevice optional'],
  ],
])('reported is %s', async (_title, hidden, allowed, expected) => {
  expect(named(await report({ hidden }, allowed))).toEqual(expected)
})

test('an account with the role of the original connector, which has the older cmdlets alone, lacks nothing on a new server', async () => {
  const cmdlets = Object.keys(commands).filter((name) => name.includes('-MobileDevice'))
  expect(await report({ hidden: { cmdlets } })).toEqual({ dialect: 'ActiveSyncDevice', missing: [] })
})

test('when it cannot be found out nothing is claimed', async () => {
  const failure = { category: 'cmdletHidden', message: 'Get-Command is not there' } as const
  const told = await checkPermissions(async () => ({ rows: [], failure }), everything)
  expect(told).toMatchObject({ missing: [], failure })
})

test('a line says what is missing, what cannot be done, and who grants it', async () => {
  const { missing } = await report({ hidden: { parameters: { 'Set-CASMailbox': ['ActiveSyncBlockedDeviceIDs'] } } })
  expect(missing.map(permissionLine)).toEqual([
    'Set-CASMailbox -ActiveSyncBlockedDeviceIDs: without it no phone can be allowed or blocked; the management role "Mail Recipients" grants it',
  ])
})

describe('the running relay', () => {
  const hidden = { cmdlets: ['New-ActiveSyncDeviceAccessRule'], parameters: { 'Get-MobileDevice': ['Filter'] } }

  test('finds out once when its first session is open, and says so in its log', async () => {
    const relay = await startExchangeSide({ more: { hidden } })
    await settled(relay)
    expect(relay.lines('relay.permission.missing')).toMatchObject([
      {
        level: 50,
        missing: ['Get-MobileDevice -Filter', 'New-ActiveSyncDeviceAccessRule'],
        roles: ['Mail Recipients', 'Organization Client Access'],
      },
    ])
    expect(relay.side.permissions).toMatchObject({ dialect: 'MobileDevice', checkedAt: expect.any(String) })
  })

  test('can be asked again by others', async () => {
    const relay = await startExchangeSide()
    await settled(relay)
    await relay.faults({ hidden })
    const again = await permissionReport(relay.side.runner, { allow: nothing })
    expect(named(again)).toEqual(['Get-MobileDevice -Filter needed', 'New-ActiveSyncDeviceAccessRule needed'])
  })
})
