import { expect, test } from 'vitest'
import { accessState } from '../../../sim/exchange/accessState.ts'
import { ana, phone, simulate } from './simulate.ts'

const allow = { level: 'Allow', identity: 'a (DeviceOS)' } as const
const block = { level: 'Block', identity: 'b (DeviceType)' } as const
const quarantine = { level: 'Quarantine', identity: 'q (DeviceModel)' } as const

test.each([
  // blocked, allowed, rules, default → state, reason, rule
  [['ID'], ['ID'], [allow], 'Allow', 'Blocked', 'Individual', null],
  [['id'], [], [], 'Allow', 'Blocked', 'Individual', null],
  [[], ['iD'], [block], 'Block', 'Allowed', 'Individual', null],
  [['ID2'], ['ID2'], [allow, quarantine, block], 'Allow', 'Blocked', 'DeviceRule', block.identity],
  [[], [], [allow, quarantine], 'Block', 'Quarantined', 'DeviceRule', quarantine.identity],
  [[], [], [allow], 'Block', 'Allowed', 'DeviceRule', allow.identity],
  [[], [], [], 'Quarantine', 'Quarantined', 'Global', null],
  [[], ['other'], [], 'Allow', 'Allowed', 'Global', null],
] as const)(
  'blocked %j, allowed %j, rules %j, default %s → %s, %s',
  (blocked, allowed, rules, level, state, reason, rule) => {
    const found = accessState({ deviceId: 'Id', blocked, allowed, rules, defaultLevel: level })
    expect(found).toEqual({ state, reason, rule })
  },
)

test.each([
  [{ QueryString: 'IPHONE', Characteristic: 'DeviceType' }, 'Blocked'],
  [{ QueryString: 'iPhone14c2', Characteristic: 'DeviceModel' }, 'Blocked'],
  [{ QueryString: 'iPhone14', Characteristic: 'DeviceModel' }, 'Allowed'],
  [{ QueryString: 'iPhone*', Characteristic: 'DeviceType' }, 'Allowed'],
  [{ QueryString: 'iPhone', Characteristic: 'DeviceModel' }, 'Allowed'],
  [{ QueryString: 'apple-x/1', Characteristic: 'UserAgent' }, 'Blocked'],
  [{ QueryString: 'iOS 17.4', Characteristic: 'DeviceOS' }, 'Blocked'],
])('an access rule fits the exact text, case ignored: %j → %s', (rule, state) => {
  const device = { Guid: phone, Mailbox: ana, DeviceId: 'A', DeviceType: 'iPhone', DeviceModel: 'iPhone14C2' }
  const devices = [{ ...device, DeviceOS: 'iOS 17.4', DeviceUserAgent: 'Apple-X/1' }]
  const { run } = simulate({ devices, accessRules: [{ ...rule, AccessLevel: 'Block' }] })
  expect(run('Get-MobileDevice', {}, ['DeviceAccessState']).rows).toEqual([{ DeviceAccessState: state }])
})

test('the state follows lists, rules and default at once, whatever the world states', () => {
  const devices = [
    { Guid: phone, Mailbox: ana, DeviceId: 'ApplANA1', DeviceType: 'iPhone', DeviceAccessState: 'Blocked' },
  ]
  const { run } = simulate({ devices })
  const columns = ['DeviceAccessState', 'DeviceAccessStateReason', 'DeviceAccessControlRule']
  const state = () => Object.values(run('Get-MobileDevice', { Identity: phone }, columns).rows[0] ?? {}).join(' ')
  expect(state()).toBe('Allowed Global ')
  run('Set-ActiveSyncOrganizationSettings', { DefaultAccessLevel: 'Quarantine' })
  expect(state()).toBe('Quarantined Global ')
  run('New-ActiveSyncDeviceAccessRule', { QueryString: 'iphone', Characteristic: 'DeviceType', AccessLevel: 'Block' })
  expect(state()).toBe('Blocked DeviceRule iphone (DeviceType)')
  run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: ['applana1'] } })
  expect(state()).toBe('Allowed Individual ')
  run('Set-CASMailbox', { Identity: ana, ActiveSyncBlockedDeviceIDs: { Add: ['APPLANA1'] } })
  expect(state()).toBe('Blocked Individual ')
})

test('neither ActiveSyncEnabled nor the client type changes the state', () => {
  const mailboxes = [{ Guid: ana, ActiveSyncEnabled: false }]
  const { run } = simulate({ mailboxes, devices: [{ Guid: phone, Mailbox: ana, ClientType: 'Outlook' }] })
  expect(run('Get-MobileDevice', {}, ['DeviceAccessState']).rows).toEqual([{ DeviceAccessState: 'Allowed' }])
})
