import { expect, test } from 'vitest'
import type { DeviceProof } from '../../functions/core/activation.ts'
import { judge, type ActivationCase } from '../../functions/core/judgeActivation.ts'
import type { IntuneDevice } from '../../functions/core/types.ts'
import { device, record } from './build.ts'

const proven: DeviceProof = { kind: 'device', by: 'deviceClaim', azureAdDeviceId: 'entra-1' }
const compliant: DeviceProof = { kind: 'compliant', by: 'compliantOnly' }
const nothing: DeviceProof = { kind: 'none', by: 'deviceClaim', isLate: false }

/** The phone that fits: Intune has it with this person, and knows no EAS id of it. */
const phone = (given: Partial<IntuneDevice> = {}) => device({ easDeviceId: null, model: 'iPhone 13 Pro', ...given })
const second = (given: Partial<IntuneDevice> = {}) => phone({ id: 'intune-2', azureAdDeviceId: 'entra-2', ...given })

function verdict(given: Partial<ActivationCase>): string {
  const found = judge({
    record: record(),
    ownerId: 'user-1',
    linkUserId: 'user-1',
    signedInId: 'user-1',
    proof: proven,
    devices: [phone()],
    isOthers: false,
    matched: null,
    boundToOther: new Set(),
    unmatched: [],
    ...given,
  })
  if (found.result === 'refuse') return `refuse ${found.why}`
  if (found.result === 'known') return `known ${found.device.id}`
  const { evidence } = found
  return [found.result, found.device?.id ?? 'no device', ...evidence.why].join(' ')
}

const bound = 'bind intune-1'
const table: [string, Partial<ActivationCase>, string][] = [
  ['everything agrees', {}, bound],
  ['the link names nobody, the mailbox’s user is signed in', { linkUserId: null }, bound],
  ['another than the link’s user is signed in', { signedInId: 'user-2' }, 'refuse otherUser'],
  ['the mailbox is somebody else’s by now', { ownerId: 'user-2' }, 'refuse otherUser'],
  ['the link names nobody, another is signed in', { linkUserId: null, signedInId: 'user-2' }, 'refuse otherUser'],
  ['nobody is known as the mailbox’s user', { ownerId: null }, 'refuse noOwner'],
  ['neither link nor mailbox name anybody', { ownerId: null, linkUserId: null }, 'refuse noOwner'],
  ['the record has its device already', { matched: phone(), proof: nothing }, 'known intune-1'],
  ['the device is somebody else’s', { devices: [second()], isOthers: true }, 'refuse othersDevice'],
  ['Intune does not have the device', { devices: [second()] }, 'refuse notEnrolled'],
  ['the person has no device at all', { devices: [] }, 'refuse notEnrolled'],
  ['the device is being retired', { devices: [phone({ managementState: 'retirePending' })] }, 'refuse notManaged'],
  ['Intune only saw it by Exchange', { devices: [phone({ managementAgent: 'eas' })] }, 'refuse notManaged'],
  [
    'an older enrolment of it is gone',
    { devices: [phone({ managementState: 'wipeIssued', id: 'old' }), phone()] },
    bound,
  ],
  [
    'of two enrolments the newer counts',
    { devices: [phone({ id: 'old', lastSync: '2020-01-01T00:00:00.000Z' }), phone()] },
    bound,
  ],
  [
    'the person sits at a computer',
    { devices: [phone({ operatingSystem: 'Windows', model: 'Latitude' })] },
    'refuse otherPhone',
  ],
  [
    'it is not compliant: that is for the policy to say',
    { devices: [phone({ complianceState: 'noncompliant' })] },
    bound,
  ],
  ['Intune knows this EAS id of it', { devices: [phone({ easDeviceId: 'applana1 ' })] }, bound],
  ['Intune knows another EAS id of it', { devices: [phone({ easDeviceId: 'Other' })] }, 'approval intune-1 hasOtherId'],
  ['it is bound to another EAS id', { boundToOther: new Set(['intune-1']) }, 'approval intune-1 hasOtherId'],
  ['the model differs', { devices: [phone({ model: 'iPhone 12' })] }, 'approval intune-1 modelDiffers'],
  ['the model is not known', { devices: [phone({ model: null })] }, 'approval intune-1 modelUnknown'],
  ['the platform is not known', { devices: [phone({ operatingSystem: null })] }, 'approval intune-1 platformUnknown'],
  [
    'another record could be this phone',
    { unmatched: [record({ guid: 'r2', deviceId: 'B' })] },
    'approval intune-1 otherRecord',
  ],
  [
    'another record is of another phone',
    { unmatched: [record({ guid: 'r2', deviceType: 'Android', deviceModel: 'SM-S921B' })] },
    bound,
  ],
  [
    'another record says so little that it could be this phone',
    {
      unmatched: [
        record({
          guid: 'r2',
          deviceType: 'Outlook',
          deviceModel: 'Outlook for iOS and Android',
          deviceOs: null,
          userAgent: null,
        }),
      ],
    },
    'approval intune-1 otherRecord',
  ],
  [
    'all of it at once',
    { devices: [phone({ easDeviceId: 'Other', model: null, operatingSystem: null })] },
    'approval intune-1 hasOtherId platformUnknown modelUnknown',
  ],
  ['some compliant device, the person has one', { proof: compliant }, bound],
  [
    'some compliant device, the person has none',
    { proof: compliant, devices: [phone({ complianceState: 'error' })] },
    'refuse notCompliant',
  ],
  [
    'some compliant device, none managed',
    { proof: compliant, devices: [phone({ managementAgent: 'eas' })] },
    'refuse notEnrolled',
  ],
  [
    'some compliant device, the person has two',
    { proof: compliant, devices: [phone(), second()] },
    'approval no device severalDevices',
  ],
  [
    'some compliant device, a phone and a computer',
    { proof: compliant, devices: [phone(), second({ operatingSystem: 'Windows', model: 'Latitude' })] },
    'approval intune-1 severalDevices',
  ],
  [
    'some compliant device, the only compliant one is another phone',
    { proof: compliant, devices: [phone({ complianceState: 'noncompliant' }), second({ model: 'iPhone 12' })] },
    'approval intune-2 modelDiffers',
  ],
  ['nothing is proven', { proof: nothing }, 'approval intune-1 notProven'],
  [
    'nothing is proven, two could be it',
    { proof: nothing, devices: [phone(), second()] },
    'approval no device notProven',
  ],
  ['nothing is proven, nothing is enrolled', { proof: nothing, devices: [] }, 'refuse notEnrolled'],
]

test.each(table)('%s', (_, given, expected) => {
  expect(verdict(given)).toBe(expected)
})
