import { expect, test } from 'vitest'
import { toCommand } from '../../functions/exchange/toCommand.ts'
import type { ChangeCommand } from '../../functions/ports.ts'

const guid = '0a1b2c3d-0000-4000-8000-00000000abcd'
const none = { addAllowed: [], removeAllowed: [], addBlocked: [], removeBlocked: [] }
const box = { id: '1', kind: 'lists', mailboxGuid: guid, ...none } as const

const cases: [string, ChangeCommand, string, Record<string, unknown>][] = [
  [
    'an allow that takes our block away',
    { ...box, addAllowed: ['a'], removeBlocked: ['a', 'b'] },
    'Set-CASMailbox',
    { Identity: guid, ActiveSyncAllowedDeviceIDs: { Add: ['a'] }, ActiveSyncBlockedDeviceIDs: { Remove: ['a', 'b'] } },
  ],
  [
    'both ways on one list',
    { ...box, addBlocked: ['x'], removeBlocked: ['y'] },
    'Set-CASMailbox',
    { Identity: guid, ActiveSyncBlockedDeviceIDs: { Add: ['x'], Remove: ['y'] } },
  ],
  [
    'an id that would be code in a shell: it stays data',
    { ...box, removeAllowed: ["Appl'; Get-Mailbox #"] },
    'Set-CASMailbox',
    { Identity: guid, ActiveSyncAllowedDeviceIDs: { Remove: ["Appl'; Get-Mailbox #"] } },
  ],
  [
    'a mailbox policy',
    { id: '1', kind: 'assignPolicy', mailboxGuid: guid, policy: 'Phones' },
    'Set-CASMailbox',
    { Identity: guid, ActiveSyncMailboxPolicy: 'Phones' },
  ],
  [
    'Exchange’s own mailbox policy',
    { id: '1', kind: 'assignPolicy', mailboxGuid: guid, policy: null },
    'Set-CASMailbox',
    { Identity: guid, ActiveSyncMailboxPolicy: null },
  ],
  [
    'the default',
    { id: '1', kind: 'defaultLevel', level: 'quarantine' },
    'Set-ActiveSyncOrganizationSettings',
    { DefaultAccessLevel: 'Quarantine' },
  ],
  [
    'a new rule',
    { id: '1', kind: 'newRule', queryString: 'WP8', characteristic: 'DeviceType', level: 'block' },
    'New-ActiveSyncDeviceAccessRule',
    { QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' },
  ],
  [
    'a rule of another level',
    { id: '1', kind: 'setRule', guid, level: 'allow' },
    'Set-ActiveSyncDeviceAccessRule',
    { Identity: guid, AccessLevel: 'Allow' },
  ],
  [
    'a rule to take away',
    { id: '1', kind: 'removeRule', guid },
    'Remove-ActiveSyncDeviceAccessRule',
    { Identity: guid },
  ],
  [
    'the mail insert',
    { id: '1', kind: 'userMailInsert', text: 'Enrol' },
    'Set-ActiveSyncOrganizationSettings',
    { UserMailInsert: 'Enrol' },
  ],
  [
    'the recipients',
    { id: '1', kind: 'adminMailRecipients', addresses: [] },
    'Set-ActiveSyncOrganizationSettings',
    { AdminMailRecipients: [] },
  ],
  [
    'a mailbox policy to take away',
    { id: '1', kind: 'removePolicy', guid },
    'Remove-MobileDeviceMailboxPolicy',
    { Identity: guid },
  ],
]

test.each(cases)('%s', (_, change, cmdlet, parameters) => {
  expect(toCommand(change, 'Mobile')).toEqual({ id: '1', cmdlet, parameters })
})

const wrong: [string, ChangeCommand, string][] = [
  ['sets a longer insert', { id: '1', kind: 'userMailInsert', text: 'x'.repeat(257) }, 'UserMailInsert'],
  [
    'sets a property that no policy has',
    { id: '1', kind: 'newPolicy', name: 'Phones', properties: { Format: true } },
    'Format',
  ],
  ['changes no list', box, 'changes neither list'],
  [
    'adds and removes the same id',
    { ...box, addAllowed: ['a'], removeAllowed: ['b', 'a'] },
    'adds a to a list and removes it',
  ],
  ['names no mailbox', { ...box, mailboxGuid: ' ', addAllowed: ['a'] }, 'Identity'],
  ['adds an empty id', { ...box, addAllowed: [''] }, 'ActiveSyncAllowedDeviceIDs'],
  [
    'adds more ids than a list holds',
    { ...box, addAllowed: Array.from({ length: 1201 }, String) },
    'ActiveSyncAllowedDeviceIDs',
  ],
  ['names no rule', { id: '1', kind: 'removeRule', guid: '' }, 'Identity'],
  [
    'makes a rule for nothing',
    { id: '1', kind: 'newRule', queryString: ' ', characteristic: 'DeviceOS', level: 'allow' },
    'QueryString',
  ],
]
test.each(wrong)('is never sent: a change that %s', (_, change, says) => {
  expect(() => toCommand(change, 'Mobile')).toThrow(
    expect.objectContaining({ code: 'internal', message: expect.stringContaining(says) }),
  )
})

const properties = { PasswordEnabled: true, MinPasswordLength: null, AllowCamera: false }
const policies: [string, ChangeCommand, 'Mobile' | 'ActiveSync', string, Record<string, unknown>][] = [
  [
    'a new one',
    { id: '1', kind: 'newPolicy', name: 'Phones', properties },
    'Mobile',
    'New-MobileDeviceMailboxPolicy',
    { Name: 'Phones', ...properties },
  ],
  [
    'one of other properties',
    { id: '1', kind: 'setPolicy', guid, properties },
    'Mobile',
    'Set-MobileDeviceMailboxPolicy',
    { Identity: guid, ...properties },
  ],
  [
    'on Exchange 2010, under its names',
    { id: '1', kind: 'newPolicy', name: 'Phones', properties },
    'ActiveSync',
    'New-ActiveSyncMailboxPolicy',
    { Name: 'Phones', DevicePasswordEnabled: true, AllowCamera: false },
  ],
]
test.each(policies)('a mailbox policy: %s', (_, change, dialect, cmdlet, parameters) => {
  expect(toCommand(change, dialect)).toEqual({ id: '1', cmdlet, parameters })
})
