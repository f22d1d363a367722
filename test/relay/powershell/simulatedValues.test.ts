// The module in a real PowerShell on the simulated Exchange: what arrives there, what comes back, and what the account may see.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { visibleCmdlets } from '../../../sim/exchange/cmdletTable.ts'
import { hardTexts } from './hardTexts.ts'
import { onPowerShell } from './realPowerShell.ts'
import { guid, people, startSimulatedRelay, type SimulatedRelay } from './simulatedExchange.ts'

const ana = guid(8000, 0)
const { mailboxes, devices } = people(3)
const world = {
  mailboxes,
  devices,
  organizationSettings: { AdminMailRecipients: ['it@contoso.com'] },
  hidden: { cmdlets: ['Clear-MobileDevice'], parameters: { 'Get-CASMailbox': ['Monitoring'] } },
}

onPowerShell(() => {
  let relay: SimulatedRelay
  beforeAll(async () => {
    relay = await startSimulatedRelay({ world })
  }, 120_000)
  afterAll(async () => relay.close())

  test.each([
    ...hardTexts,
    ['a wildcard and a parameter', '-Identity * -Confirm:$false'],
    ['10,000 characters', '§x'.repeat(5_000)],
  ])('a parameter that holds %s arrives as it was, and comes back so', async (_what, text) => {
    const seen = relay.simulation.journal.count
    const parameters = { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: [text], Remove: [`no ${text}`] } }
    expect((await relay.run('Set-CASMailbox', parameters)).outcome).toMatchObject({ ok: true, warnings: [] })
    const [entry] = relay.simulation.journal.since(seen)
    expect(entry).toMatchObject({ cmdlet: 'Set-CASMailbox', error: null })
    expect(entry?.parameters).toEqual(parameters)
    const { rows } = await relay.run('Get-CASMailbox', { Identity: ana }, ['ActiveSyncAllowedDeviceIDs'])
    expect(rows).toEqual([{ ActiveSyncAllowedDeviceIDs: expect.arrayContaining([text]) }])
  })

  test('text, nothing, numbers, switches and lists arrive with their types', async () => {
    const settings = { DefaultAccessLevel: 'Block', UserMailInsert: "it's $me", AdminMailRecipients: ['a@c.com', 'b'] }
    const policy = { Name: 'P', DevicePasswordEnabled: true, MinDevicePasswordLength: 6 }
    const seen = relay.simulation.journal.count
    const none = { Identity: ana, ActiveSyncMailboxPolicy: null }
    await relay.run('Set-ActiveSyncOrganizationSettings', settings)
    await relay.run('New-ActiveSyncMailboxPolicy', policy)
    await relay.run('Set-CASMailbox', none)
    expect(relay.simulation.journal.since(seen).map(({ parameters, error }) => [parameters, error])).toEqual([
      [settings, null],
      [policy, null],
      [none, null],
    ])
  })

  test('a row holds Guids, dates, lists and numbers as JSON can carry them, and nothing that remoting adds', async () => {
    const returns = ['Guid', 'FirstSyncTime', 'DeviceModel', 'DeviceAccessState', 'Missing']
    expect((await relay.run('Get-MobileDevice', { Identity: guid(8001, 1) }, returns)).rows).toEqual([
      {
        Guid: guid(8001, 1),
        FirstSyncTime: '2026-11-01T08:00:00.000Z',
        DeviceModel: null,
        DeviceAccessState: expect.stringMatching(/^[A-Z][a-z]+$/),
        Missing: null,
      },
    ])
    const mailbox = await relay.run('Get-CASMailbox', { Identity: guid(8000, 1) }, [
      'EmailAddresses',
      'ActiveSyncEnabled',
    ])
    expect(mailbox.rows).toEqual([{ EmailAddresses: ['SMTP:p1@contoso.com'], ActiveSyncEnabled: true }])
  })

  test('what the account may see is told by Get-Command, name by name', async () => {
    const { rows, outcome } = await relay.run(
      'Get-Command',
      { Name: ['Get-CASMailbox', 'Clear-MobileDevice', 'Set-CASMailbox'] },
      ['Name', 'Parameters'],
    )
    expect(outcome).toMatchObject({ ok: false, error: { category: 'cmdletHidden' } })
    const parametersOf = new Map(rows.map(({ Name, Parameters }) => [Name, Parameters]))
    expect(new Set(parametersOf.keys())).toEqual(new Set(['Get-CASMailbox', 'Set-CASMailbox']))
    expect(parametersOf.get('Get-CASMailbox')).toEqual(expect.arrayContaining(['Identity', 'Filter', 'ResultSize']))
    expect(parametersOf.get('Get-CASMailbox')).not.toContain('Monitoring')
    expect(parametersOf.get('Set-CASMailbox')).toEqual(
      expect.arrayContaining(['Identity', 'ActiveSyncAllowedDeviceIDs']),
    )
  })

  test('a session offers what the account may see and no more: neither script nor a cmdlet of PowerShell', async () => {
    const { rows } = await relay.run('Get-Command', {}, ['Name'])
    const visible = visibleCmdlets(relay.simulation.exchange).map(({ name }) => name)
    expect(rows.map(({ Name }) => String(Name)).toSorted()).toEqual(visible.toSorted())
    for (const cmdlet of ['Invoke-Expression', 'ConvertTo-Json', 'Invoke-Simulated', '1 + 1', 'Get-MobileDevice; 1']) {
      expect((await relay.run(cmdlet, {}, ['Name'])).outcome.error?.category).toBe('cmdletHidden')
    }
  })

  test('a cmdlet that is taken away while a session is open is told as hidden', async () => {
    relay.simulation.exchange.hiddenByFault = { cmdlets: ['Get-Recipient'] }
    expect((await relay.run('Get-Recipient', { Identity: ana }, ['Guid'])).outcome.error?.category).toBe('cmdletHidden')
    relay.simulation.exchange.hiddenByFault = {}
    expect((await relay.run('Get-Recipient', { Identity: ana }, ['Guid'])).rows).toEqual([{ Guid: ana }])
  })
})
