import { describe, expect, test } from 'vitest'
import { fromExchangeMailbox } from '../../functions/exchange/fromExchangeMailbox.ts'

const whole = {
  Guid: '0A1B2C3D-0000-4000-8000-00000000ABCD',
  DistinguishedName: 'CN=Gomes\\, Ana,OU=Users,DC=contoso,DC=com',
  Identity: 'contoso.com/Users/Gomes, Ana',
  Name: 'Gomes, Ana',
  DisplayName: 'Ana Gomes',
  PrimarySmtpAddress: 'Ana@Contoso.com',
  EmailAddresses: ['X500:/o=First/ou=x', 'smtp:Ana@old.contoso.com', 'SMTP:Ana@Contoso.com', 'sip:ana@contoso.com'],
  ActiveSyncEnabled: false,
  ServerName: 'ex1',
  ActiveSyncAllowedDeviceIDs: ['ApplANA1', 'applana2'],
  ActiveSyncBlockedDeviceIDs: 'SEC1',
}

test('a whole row: Guid and addresses in lower case, lists as Exchange spells them', () => {
  expect(fromExchangeMailbox(whole, 1)).toEqual({
    guid: '0a1b2c3d-0000-4000-8000-00000000abcd',
    dn: 'CN=Gomes\\, Ana,OU=Users,DC=contoso,DC=com',
    name: 'Gomes, Ana',
    displayName: 'Ana Gomes',
    primarySmtp: 'ana@contoso.com',
    addresses: ['ana@contoso.com', 'ana@old.contoso.com'],
    isActiveSyncEnabled: false,
    serverName: 'ex1',
    allowed: ['ApplANA1', 'applana2'],
    blocked: ['SEC1'],
  })
})

test('a row with the least: nothing is invented', () => {
  expect(fromExchangeMailbox({ Guid: 'g-1', DistinguishedName: 'CN=x' }, 1)).toEqual({
    guid: 'g-1',
    dn: 'CN=x',
    name: null,
    displayName: null,
    primarySmtp: null,
    addresses: [],
    isActiveSyncEnabled: true,
    serverName: null,
    allowed: [],
    blocked: [],
  })
})

describe('addresses', () => {
  test.each([
    [['SMTP:A@b.c', 'smtp:a@B.c'], ['a@b.c']],
    [['a@b.c'], ['a@b.c']],
    [
      ['Smtp:z@b.c', 'SMTP:a@b.c'],
      ['a@b.c', 'z@b.c'],
    ],
    [['X400:C=US', 'EUM:1@b.c', 'SIP:a@b.c', 'smtp:', ''], []],
    ['smtp:one@b.c', ['one@b.c']],
    [null, []],
  ])('%j are %j', (EmailAddresses, expected) => {
    expect(fromExchangeMailbox({ ...whole, PrimarySmtpAddress: null, EmailAddresses }, 1).addresses).toEqual(expected)
  })

  test('include the primary one where the list does not', () => {
    const row = { ...whole, EmailAddresses: ['smtp:z@b.c'] }
    expect(fromExchangeMailbox(row, 1).addresses).toEqual(['ana@contoso.com', 'z@b.c'])
  })
})

test.each([
  ['Default', true, null],
  ['Default', false, 'Default'],
  ['Default', null, 'Default'],
  ['CN=Smith\\, Phones,CN=Mobile Mailbox Policies,CN=First', false, 'Smith, Phones'],
  [null, true, null],
  [null, false, null],
  [null, undefined, undefined],
])(
  'the mailbox policy %j, defaulted %j, is %j',
  (ActiveSyncMailboxPolicy, ActiveSyncMailboxPolicyIsDefaulted, read) => {
    const row = { ...whole, ActiveSyncMailboxPolicy, ActiveSyncMailboxPolicyIsDefaulted }
    expect(fromExchangeMailbox(row, 1).activeSyncPolicy).toBe(read)
  },
)

test.each(['Guid', 'DistinguishedName'])('a row without %s is an error that names cmdlet and row', (property) => {
  for (const blank of [null, undefined, ' ']) {
    const read = () => fromExchangeMailbox({ ...whole, [property]: blank }, 4711)
    expect(read).toThrow(expect.objectContaining({ code: 'incompleteInventory' }))
    expect(read).toThrow(`Row 4711 of Get-CASMailbox has no ${property}.`)
  }
})
