import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commands, commandSpec } from '../../protocol/commands.ts'

/** The seeds' list of cmdlets (facts F1), and the names that 2013 and later give to the ActiveSync ones (facts A1). */
const seeds =
  'Get-ActiveSyncOrganizationSettings Set-ActiveSyncOrganizationSettings Get-CASMailbox Set-CASMailbox Get-ActiveSyncMailboxPolicy Set-ActiveSyncMailboxPolicy New-ActiveSyncMailboxPolicy Remove-ActiveSyncMailboxPolicy Get-ActiveSyncDeviceAccessRule Set-ActiveSyncDeviceAccessRule New-ActiveSyncDeviceAccessRule Remove-ActiveSyncDeviceAccessRule Get-ActiveSyncDeviceStatistics Get-ActiveSyncDevice Get-ExchangeServer Get-ActiveSyncDeviceClass Get-Recipient Clear-ActiveSyncDevice Remove-ActiveSyncDevice Set-ADServerSettings Get-Command'
const newer =
  'Get-MobileDevice Get-MobileDeviceStatistics Get-MobileDeviceMailboxPolicy Set-MobileDeviceMailboxPolicy New-MobileDeviceMailboxPolicy Remove-MobileDeviceMailboxPolicy Clear-MobileDevice Remove-MobileDevice'

describe('the closed list', () => {
  test('is the seeds’ list in both dialects, and the one mail that is no cmdlet of Exchange, and nothing else', () => {
    expect(Object.keys(commands).toSorted()).toEqual(`${seeds} ${newer} Send-EasgateMail`.split(' ').toSorted())
    const mails = Object.entries(commands).filter(([, { kind }]) => kind === 'mail')
    expect(mails.map(([name]) => name)).toEqual(['Send-EasgateMail'])
  })
  test('only wipes and the end of partnerships destroy', () => {
    const destroying = Object.entries(commands).filter(([, { kind }]) => kind === 'destroy')
    expect(destroying.map(([name]) => name).toSorted()).toEqual([
      'Clear-ActiveSyncDevice',
      'Clear-MobileDevice',
      'Remove-ActiveSyncDevice',
      'Remove-MobileDevice',
    ])
  })
  test('every Get only reads', () => {
    expect(
      Object.entries(commands).filter(([name, { kind }]) => name.startsWith('Get-') !== (kind === 'read')),
    ).toEqual([])
  })
  test('what a command needs is among its parameters', () => {
    const wrong = Object.values(commands).filter(({ required, parameters }) =>
      required.some((name) => !(name in parameters)),
    )
    expect(wrong).toEqual([])
  })
  test('asks for nothing that Exchange does not have: no such property is inherited', () => {
    expect(['constructor', '__proto__', 'toString'].map(commandSpec)).toEqual([undefined, undefined, undefined])
  })
  test('messages.ts tells the flow and the versions in prose', () => {
    const text = readFileSync(new URL('../../protocol/messages.ts', import.meta.url), 'utf8')
    for (const word of ['Login', 'C → R', 'R → C', 'Versions']) expect(text).toContain(word)
  })
})
