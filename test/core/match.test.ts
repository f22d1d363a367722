import { expect, test } from 'vitest'
import type { Activation } from '../../functions/core/activation.ts'
import { decideMailbox } from '../../functions/core/decideMailbox.ts'
import { match } from '../../functions/core/match.ts'
import type { EasRecord, IntuneDevice } from '../../functions/core/types.ts'
import { context, device, facts, fullRun, owner, record } from './build.ts'

const phone = (given: Partial<IntuneDevice> = {}) => device({ easDeviceId: null, ...given })
const bound = (given: Partial<Activation> = {}): Activation => ({
  record: 'record-1',
  deviceId: 'ApplANA1',
  state: 'bound',
  userId: 'user-1',
  intuneDeviceId: 'intune-1',
  azureAdDeviceId: 'entra-1',
  isApproved: false,
  evidence: { proof: { kind: 'none', by: 'deviceClaim', isLate: false }, why: [], likeness: null, devices: [] },
  at: '2026-11-20T00:00:00.000Z',
  decided: null,
  usedLinks: [],
  ...given,
})

const table: [string, Activation[], IntuneDevice[], Partial<EasRecord>, string | null][] = [
  ['a binding matches a device that Intune knows no EAS id of', [bound()], [phone()], {}, 'intune-1'],
  ['without one it does not', [], [phone()], {}, null],
  ['it is found by its Entra device after a new enrolment', [bound()], [phone({ id: 'new' })], {}, 'new'],
  [
    'it is found by Intune’s id where it has no Entra device',
    [bound({ azureAdDeviceId: null })],
    [phone({ azureAdDeviceId: null })],
    {},
    'intune-1',
  ],
  ['another device is not it', [bound()], [phone({ id: 'x', azureAdDeviceId: 'y' })], {}, null],
  [
    'no Entra device is no common device',
    [bound({ azureAdDeviceId: null })],
    [phone({ id: 'x', azureAdDeviceId: null })],
    {},
    null,
  ],
  ['case of the EAS id does not count', [bound({ deviceId: 'applana1' })], [phone()], {}, 'intune-1'],
  ['a record that has another EAS id now is not bound', [bound()], [phone()], { deviceId: 'Reset' }, null],
  ['a binding of another record does not count', [bound({ record: 'record-2' })], [phone()], {}, null],
  ['a binding of another user does not count', [bound({ userId: 'user-2' })], [phone()], {}, null],
  ['nor one that waits', [bound({ state: 'waiting' })], [phone()], {}, null],
  ['nor one that was rejected', [bound({ state: 'rejected' })], [phone()], {}, null],
  ['nor one that was ended', [bound({ state: 'ended' })], [phone()], {}, null],
  ['the device is with somebody else by now', [bound()], [phone({ userId: 'user-2' })], {}, null],
  ['the device is not managed any more', [bound()], [phone({ managementState: 'retirePending' })], {}, null],
  ['Intune knows it from Exchange only', [bound()], [phone({ managementAgent: 'eas' })], {}, null],
  ['Intune learned this EAS id of it', [bound()], [phone({ easDeviceId: 'applANA1' })], {}, 'intune-1'],
  [
    'Intune learned another EAS id of it: it was not that phone',
    [bound()],
    [phone({ easDeviceId: 'Other' })],
    {},
    null,
  ],
  [
    'the same, but an administrator said so',
    [bound({ isApproved: true })],
    [phone({ easDeviceId: 'Other' })],
    {},
    'intune-1',
  ],
  [
    'Intune’s own word goes first',
    [bound()],
    [phone(), phone({ id: 'known', azureAdDeviceId: 'z', easDeviceId: 'ApplANA1' })],
    {},
    'known',
  ],
  [
    'another EAS id was bound to it before',
    [bound(), bound({ record: 'r0', deviceId: 'B', at: '2026-11-19T00:00:00.000Z' })],
    [phone()],
    {},
    null,
  ],
  [
    'another EAS id was bound to it later',
    [bound(), bound({ record: 'r0', deviceId: 'B', at: '2026-11-21T00:00:00.000Z' })],
    [phone()],
    {},
    'intune-1',
  ],
  [
    'the same EAS id in another mailbox is the same phone',
    [bound(), bound({ record: 'r0', at: '2026-11-19T00:00:00.000Z' })],
    [phone()],
    {},
    'intune-1',
  ],
]

test.each(table)('%s', (_, activations, devices, given, expected) => {
  expect(match(record(given), owner(), devices, activations)?.id ?? null).toBe(expected)
})

test.each([
  ['compliant', 'allow compliant'],
  ['noncompliant', 'quarantine notCompliant'],
])('a bound device is decided as any matched one: %s', (complianceState, expected) => {
  const given = facts({ devices: [phone({ complianceState })], activations: [bound()] })
  const [decision] = decideMailbox(given, context(), fullRun).decisions
  expect(`${decision?.access} ${decision?.reason}`).toBe(expected)
})
