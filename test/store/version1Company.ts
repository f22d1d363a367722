/** The small company of fixtures/version1.json: what it was when version 1 synced it. Imports only what version 1 had, too. */
import { intunePlan } from '../../functions/core/settings.ts'
import type { Policy } from '../../functions/core/types.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'
import type { FakeMailbox, FakeRule, FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { policyOf } from '../sync/policyOf.ts'

/** ana and hal: compliant. ben, dan and gus: not enrolled, dan pinned. cyn: not compliant. eve: excluded. fay: an entry of somebody else's. */
export const people = ['ana', 'ben', 'cyn', 'dan', 'eve', 'fay', 'gus', 'hal'] as const

const compliance: Readonly<Record<string, string>> = { ana: 'compliant', hal: 'compliant', cyn: 'noncompliant' }

export const graphWorld: GraphWorld = {
  users: people.map((name) => ({
    id: `u-${name}`,
    userPrincipalName: `${name}@c.com`,
    mail: `${name}@c.com`,
    displayName: name,
    assignedPlans: [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }],
  })),
  groups: [
    { id: 'staff', members: people.map((name) => `u-${name}`) },
    { id: 'vip', members: ['u-eve'] },
  ],
  managedDevices: Object.entries(compliance).map(([name, complianceState]) => ({
    id: `d-${name}`,
    userId: `u-${name}`,
    easDeviceId: `Dev${name}`,
    azureADDeviceId: `e-${name}`,
    azureADRegistered: true,
    complianceState,
  })),
}

/** What Exchange holds that easgate may have changed. */
export interface ExchangeState {
  readonly defaultLevel: string
  readonly rules: readonly FakeRule[]
  readonly lists: Readonly<Record<string, { readonly allowed: readonly string[]; readonly blocked: readonly string[] }>>
}

/** As it is before easgate's first sync. */
export const untouched: ExchangeState = {
  defaultLevel: 'Allow',
  rules: [],
  lists: { 'm-fay': { allowed: ['Devfay'], blocked: [] } },
}

export function exchangeWorld({ defaultLevel, rules, lists }: ExchangeState): FakeWorld {
  return {
    organization: 'Contoso',
    organizationSettings: { DefaultAccessLevel: defaultLevel, AdminMailRecipients: ['desk@c.com'] },
    accessRules: rules,
    mailboxes: people.map((name): FakeMailbox => ({
      Guid: `m-${name}`,
      DistinguishedName: `CN=${name},DC=c`,
      PrimarySmtpAddress: `${name}@c.com`,
      EmailAddresses: [`SMTP:${name}@c.com`],
      ActiveSyncAllowedDeviceIDs: lists[`m-${name}`]?.allowed ?? [],
      ActiveSyncBlockedDeviceIDs: lists[`m-${name}`]?.blocked ?? [],
    })),
    devices: people.map((name) => ({
      Guid: `r-${name}`,
      Mailbox: `m-${name}`,
      DeviceId: `Dev${name}`,
      DeviceType: name === 'gus' ? 'iPad' : 'iPhone',
      ClientType: 'EAS',
      FirstSyncTime: '2026-11-01T08:00:00Z',
    })),
  }
}

export function policyOfCompany(excludedGroups: readonly string[] = ['vip'], maxLosing = 500): Policy {
  const policy = policyOf({
    conditionalAccessSettings: { enabled: true, includedGroups: ['staff'], excludedGroups },
    exchangeOnPremisesPolicy: {
      defaultAccessLevel: 'quarantine',
      accessRules: [{ deviceClass: { name: 'iPad', type: 'family' }, accessLevel: 'block' }],
    },
  })
  return {
    ...policy,
    notificationHtml: '<p>{{displayName}}: {{reason}}</p>',
    settings: { ...policy.settings, limits: { ...policy.settings.limits, maxLosing } },
  }
}
