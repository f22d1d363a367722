/** A company for tests: people with one phone each; the first `enrolled` of them are compliant. Exchange allows everybody by default. */
import { intunePlan } from '../../functions/core/settings.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { policyOf } from './policyOf.ts'

export function staff(people: number, enrolled: number): { exchange: FakeWorld; graph: GraphWorld } {
  const each = Array.from({ length: people }, (_, index) => index + 1)
  return {
    exchange: {
      organizationSettings: { DefaultAccessLevel: 'Allow' },
      mailboxes: each.map((n) => ({
        Guid: `m${n}`,
        DistinguishedName: `CN=p${n},DC=c`,
        PrimarySmtpAddress: `p${n}@c.com`,
        EmailAddresses: [`SMTP:p${n}@c.com`],
      })),
      devices: each.map((n) => ({
        Guid: `r${n}`,
        Mailbox: `m${n}`,
        DeviceId: `Dev${n}`,
        DeviceType: 'iPhone',
        DeviceModel: n % 2 === 0 ? 'iPhone14' : 'iPhone15',
        ClientType: 'EAS',
      })),
    },
    graph: {
      users: each.map((n) => ({
        id: `u${n}`,
        mail: `p${n}@c.com`,
        assignedPlans: [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }],
      })),
      groups: [
        { id: 'staff', members: each.map((n) => `u${n}`) },
        { id: 'sales', members: each.filter((n) => n % 2 === 1).map((n) => `u${n}`) },
        { id: 'empty', members: [] },
      ],
      managedDevices: each.slice(0, enrolled).map((n) => ({
        id: `d${n}`,
        userId: `u${n}`,
        easDeviceId: `Dev${n}`,
        azureADRegistered: true,
        complianceState: 'compliant',
      })),
    },
  }
}

/** Default access level block by list only: Exchange's own default stays, so that a plan is of lists alone. */
export function staffPolicy(settings: Partial<Settings> = {}, more: Partial<Policy> = {}): Policy {
  return {
    ...policyOf({ conditionalAccessSettings: { enabled: true, includedGroups: ['staff'] }, settings }),
    ...more,
  }
}
