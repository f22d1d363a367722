// New-EasgateRoleGroup.ps1 in a real PowerShell, in an organization that is kept in variables (fixtures/RoleGroup.ps1).
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Shell } from '../../../relay/powershell/shell.ts'
import { argument, fixture, onPowerShell, productModule, realEnvironment, startShell } from './realPowerShell.ts'
import { readGrants, roleGroupScript, type Grants } from './roleGroupTable.ts'

const callMs = 60_000
const granted = readGrants('Granted')
const dangerous = { ...readGrants('Wipe'), ...readGrants('RemovePartnership') }
const more = ['Confirm', 'WhatIf', 'ErrorAction', 'Verbose', 'NotForEasgate']
const others = { 'New-Mailbox': ['Name', ...more], 'Set-Mailbox': ['Identity', ...more], 'Test-Script.ps1': [] }

interface Run {
  readonly said: string[]
  readonly changed: string[]
  readonly problem: string | null
}
interface Organization {
  readonly runs: Run[]
  readonly roles: Record<string, Grants>
  readonly groups: Record<string, { roles: string[]; members: string[] }>
}

onPowerShell(() => {
  let shell: Shell
  beforeAll(async () => {
    shell = await startShell({ ...realEnvironment().env, EASGATE_MODULE: productModule })
  }, callMs)
  afterAll(() => shell.kill())

  test('the role group can do what easgate asks for, with these parameters, and nothing else', async () => {
    const { runs, roles, groups } = await run([{ Members: ['CONTOSO\\svc'] }])
    expect(runs[0]?.problem).toBeNull()
    expect(allOf(roles)).toEqual(wanted(granted))
    const names = Object.keys(roles)
    expect(names).toHaveLength(4)
    for (const name of names) expect(name).toMatch(/^easgate (Mail|Organization|Recipient|View-Only) /)
    expect(groups).toEqual({ easgate: { roles: expect.arrayContaining(names), members: ['CONTOSO\\svc'] } })
  })

  test('what loses data is granted where it is asked for', async () => {
    const { roles } = await run([{ AllowWipe: true, AllowRemovePartnership: true }])
    expect(allOf(roles)).toEqual(wanted({ ...granted, ...dangerous }))
    const wipe = await run([{ AllowWipe: true }])
    expect(allOf(wipe.roles)).toEqual(wanted({ ...granted, ...readGrants('Wipe') }))
  })

  test('with -WhatIf it says what it would do and does nothing', async () => {
    const { runs, roles, groups, told } = await run([{ Members: ['CONTOSO\\svc'], WhatIf: true }])
    expect(runs[0]).toMatchObject({ changed: [], problem: null })
    expect(runs[0]?.said).toEqual([expect.stringMatching(/^0 of \d+ changes were made\.$/)])
    expect([roles, groups]).toEqual([{}, {}])
    expect(told).toContain('"Create role" on target "easgate Mail Recipients"')
    expect(told).toContain('"Remove 7 cmdlets that easgate does not use" on target "easgate Mail Recipients"')
    expect(told).toContain('"Create role group" on target "easgate"')
  })

  test('run again it changes nothing and says so, whoever the members are', async () => {
    const parameters = { Members: ['CONTOSO\\svc', 'CONTOSO\\relays', 'CONTOSO\\gmsa$'] }
    const { runs } = await run([parameters, parameters, { ...parameters, WhatIf: true }])
    expect(runs[0]?.changed.length).toBeGreaterThan(10)
    for (const again of runs.slice(1)) {
      expect(again).toEqual({
        said: ["The role group 'easgate' is as it should be; nothing was changed."],
        changed: [],
        problem: null,
      })
    }
  })

  test('run again it takes back what is no longer asked for, and adds what is', async () => {
    const { runs, roles, groups } = await run([
      { AllowWipe: true },
      { AllowRemovePartnership: true, Members: ['CONTOSO\\svc'] },
    ])
    const role = 'easgate Mail Recipients'
    expect(runs[1]?.changed).toEqual([
      `Remove-ManagementRoleEntry ${role}\\Clear-ActiveSyncDevice`,
      `Remove-ManagementRoleEntry ${role}\\Clear-MobileDevice`,
      `Add-ManagementRoleEntry ${role}\\Remove-ActiveSyncDevice`,
      `Add-ManagementRoleEntry ${role}\\Remove-MobileDevice`,
      'Add-RoleGroupMember CONTOSO\\svc',
    ])
    expect(allOf(roles)).toEqual(wanted({ ...granted, ...readGrants('RemovePartnership') }))
    expect(groups['easgate']?.members).toEqual(['CONTOSO\\svc'])
  })

  test('Exchange 2010 has no cmdlets for mobile devices and fewer parameters: those are left out', async () => {
    const old = (grants: Grants) =>
      Object.fromEntries(Object.entries(grants).filter(([cmdlet]) => !cmdlet.includes('MobileDevice')))
    const parents = organization((grants) => old(withoutParameter(grants, 'RecalculateHasActiveSyncDevicePartnership')))
    const { runs, roles } = await run([{}, {}], { parents })
    expect(runs.map(({ problem }) => problem)).toEqual([null, null])
    expect(runs[1]?.changed).toEqual([])
    expect(allOf(roles)).toEqual(wanted(old(withoutParameter(granted, 'RecalculateHasActiveSyncDevicePartnership'))))
  })

  test('a change that Exchange did not make is not taken for made', async () => {
    const { runs } = await run([{}], { refused: 'Set-ManagementRoleEntry *\\Set-CASMailbox' })
    expect(runs[0]?.problem).toMatch(/1 changes did not take effect.*Set-CASMailbox/)
  })

  test('outside of the management shell it says where it belongs', async () => {
    const { runs } = await run([{}], { parents: {} })
    expect(runs[0]?.problem).toMatch(/Mail Recipients.*Exchange Management Shell/)
  })

  async function run(runs: readonly object[], changes: object = {}): Promise<Organization & { told: string }> {
    const request = argument({ parents: organization((grants) => grants), runs, refused: '', ...changes })
    const text = await shell.invoke(`& '${fixture('RoleGroup.ps1')}' '${roleGroupScript}' ${request}`, callMs)
    const json = text.slice(text.indexOf('{"'))
    return { ...(JSON.parse(json) as Organization), told: text.slice(0, text.indexOf('{"')) }
  }
})

/** The built-in roles: each offers some of the list, some of it twice, all with more parameters than needed, and other cmdlets. */
function organization(has: (grants: Grants) => Grants): Record<string, Grants> {
  const all = Object.entries({ ...granted, ...dangerous })
  const pick = (fits: RegExp) => {
    const picked = all.filter(([name]) => fits.test(name)).map(([name, names]) => [name, [...more, ...names]] as const)
    return has({ ...Object.fromEntries(picked), ...others })
  }
  return {
    'Mail Recipients': pick(/CASMailbox|(Device|DeviceStatistics)$|Recipient|Set-AD/),
    'Organization Client Access': pick(/OrganizationSettings|AccessRule|DeviceClass|Get-CASMailbox/),
    'Recipient Policies': pick(/MailboxPolicy/),
    'View-Only Configuration': pick(/^Get-(ExchangeServer|ActiveSyncMailboxPolicy)|Set-AD/),
    'Transport Rules': { 'New-TransportRule': more },
  }
}

function withoutParameter(grants: Grants, parameter: string): Grants {
  const entries = Object.entries(grants)
  return Object.fromEntries(entries.map(([name, names]) => [name, names.filter((each) => each !== parameter)]))
}

/** What the roles allow together. A cmdlet that several allow has the same parameters in each. */
function allOf(roles: Record<string, Grants>): Grants {
  const all: Grants = {}
  for (const grants of Object.values(roles)) {
    for (const [name, parameters] of Object.entries(grants)) {
      const names = alphabetical(parameters)
      expect(all[name] ?? names).toEqual(names)
      all[name] = names
    }
  }
  return all
}

function wanted(grants: Grants): Grants {
  const entries = Object.entries(grants)
  const withConfirm = (name: string) => (name.startsWith('Get-') ? [] : ['Confirm'])
  return Object.fromEntries(entries.map(([name, names]) => [name, alphabetical([...names, ...withConfirm(name)])]))
}

function alphabetical(names: readonly string[]): string[] {
  return names.toSorted((a, b) => a.localeCompare(b))
}
