import { describe, expect, test } from 'vitest'
import { fromExchangeConfiguration } from '../../functions/exchange/fromExchangeConfiguration.ts'

const rule = { Guid: 'R-1', QueryString: ' WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' }
const rows = {
  settings: [{ DefaultAccessLevel: 'Quarantine', UserMailInsert: 'Ask IT', AdminMailRecipients: ['it@contoso.com'] }],
  rules: [rule, { ...rule, Guid: 'r-2', Characteristic: 4, AccessLevel: 0 }],
  classes: [
    { DeviceType: 'iPhone', DeviceModel: 'iPhone14C2', LastUpdateTime: '2026-11-01' },
    { DeviceType: 'iPhone', DeviceModel: 'iPhone14C2', LastUpdateTime: '2026-11-02' },
    { DeviceType: 'Android', DeviceModel: null },
    { DeviceType: '', DeviceModel: '' },
  ],
  servers: [
    { Name: 'EX1', Fqdn: 'ex1.contoso.com', ServerRole: 'Mailbox', AdminDisplayVersion: 'Version 15.2 (Build 1544.4)' },
    { Name: 'EX2' },
  ],
  policies: [
    {
      Guid: 'P-1',
      Name: 'Default',
      DevicePasswordEnabled: true,
      AllowCamera: 'False',
      Identity: 'Default',
      MaxAttachmentSize: {},
    },
    { Guid: 'p-2' },
    { Name: 'without Guid' },
  ],
}

test('whole rows', () => {
  expect(fromExchangeConfiguration(rows, 'Contoso')).toEqual({
    organization: 'Contoso',
    defaultLevel: 'quarantine',
    userMailInsert: 'Ask IT',
    adminMailRecipients: ['it@contoso.com'],
    rules: [
      { guid: 'r-1', queryString: ' WP8', characteristic: 'DeviceType', level: 'block' },
      { guid: 'r-2', queryString: ' WP8', characteristic: 'XMSWLHeader', level: 'allow' },
    ],
    servers: [
      { name: 'EX1', fqdn: 'ex1.contoso.com', role: 'Mailbox', version: 'Version 15.2 (Build 1544.4)' },
      { name: 'EX2', fqdn: null, role: '', version: '' },
    ],
    deviceClasses: [
      { type: 'iPhone', model: 'iPhone14C2' },
      { type: 'Android', model: '' },
    ],
    mailboxPolicies: [
      { guid: 'p-1', name: 'Default', properties: { PasswordEnabled: true, AllowCamera: 'False' } },
      { guid: 'p-2', name: 'p-2', properties: {} },
    ],
  })
})

describe('nothing is guessed', () => {
  test.each([
    ['no settings', { settings: [] }, 'returned 0 objects'],
    ['two settings', { settings: [{}, {}] }, 'returned 2 objects'],
    ['no default level', { settings: [{ DefaultAccessLevel: null }] }, 'DefaultAccessLevel ""'],
    ['an unknown default level', { settings: [{ DefaultAccessLevel: 'Maybe' }] }, 'DefaultAccessLevel "Maybe"'],
    [
      'a rule without Guid',
      { rules: [rule, { ...rule, Guid: null }] },
      'Row 2 of Get-ActiveSyncDeviceAccessRule has no Guid',
    ],
    ['a rule without text', { rules: [{ ...rule, QueryString: '' }] }, 'has no QueryString'],
    ['a rule without characteristic', { rules: [{ ...rule, Characteristic: null }] }, 'has no Characteristic'],
    [
      'a rule of an unknown level',
      { rules: [{ ...rule, AccessLevel: 7 }] },
      'Access rule r-1 came with AccessLevel "7"',
    ],
  ])('%s is an error', (_, changes, says) => {
    expect(() => fromExchangeConfiguration({ ...rows, ...changes }, null)).toThrow(
      expect.objectContaining({ code: 'incompleteInventory', message: expect.stringContaining(says) }),
    )
  })
})
