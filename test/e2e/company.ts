/** A company for tests that cut a run: enough commands to die between, and for every person what must stand at the end. */
import type { ScenarioPolicy } from '../../sim/local/scenarioFile.ts'

export interface Company {
  readonly world: { readonly exchange: object; readonly graph: object }
  readonly policy: ScenarioPolicy
  /** Changes that a first full sync plans: lists, the default and one access rule. */
  readonly changes: number
  readonly expected: {
    readonly defaultLevel: string
    /** Characteristic, text, level. */
    readonly rules: readonly string[]
    /** Entries by mailbox Guid: `+id` on Allowed, `-id` on Blocked. */
    readonly entries: Readonly<Record<string, string>>
    /** Access and reason by record Guid. */
    readonly decisions: Readonly<Record<string, string>>
  }
}

/*
 * every fourth person is    | decision          | entry at the end | phase of apply
 * enrolled (two of four)    | allow compliant   | +id              | 1
 * not enrolled              | block notEnrolled | -id              | 4
 * allowed by somebody else  | leave manualEntry | +id, as before   | none
 * The default becomes Quarantine (phase 3), iPads get a rule (phase 2), somebody else's rule for WP8 stays.
 */
const kinds = [
  { isEnrolled: true, entryBefore: false, decision: 'allow compliant', sign: '+' },
  { isEnrolled: false, entryBefore: false, decision: 'block notEnrolled', sign: '-' },
  { isEnrolled: true, entryBefore: false, decision: 'allow compliant', sign: '+' },
  { isEnrolled: false, entryBefore: true, decision: 'leave manualEntry', sign: '+' },
] as const

const intunePlan = 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5'
const staff = guid(9, 1)

/** `size` people with a mailbox and a phone each; a multiple of four. */
export function company(size: number): Company {
  const people = Array.from({ length: size }, (_, index) => ({ number: index + 1, kind: kinds[index % 4] ?? kinds[0] }))
  return {
    world: {
      exchange: {
        organizationSettings: { DefaultAccessLevel: 'Allow' },
        accessRules: [{ QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' }],
        mailboxes: people.map(({ number, kind }) => ({
          Guid: guid(2, number),
          DistinguishedName: `CN=p${number},OU=Users,DC=contoso,DC=com`,
          PrimarySmtpAddress: addressOf(number),
          EmailAddresses: [`SMTP:${addressOf(number)}`],
          ActiveSyncEnabled: true,
          ActiveSyncAllowedDeviceIDs: kind.entryBefore ? [deviceIdOf(number)] : [],
        })),
        devices: people.map(({ number }) => ({
          Guid: guid(3, number),
          Mailbox: guid(2, number),
          DeviceId: deviceIdOf(number),
          DeviceType: 'iPhone',
          ClientType: 'EAS',
          FirstSyncTime: '2026-11-01T08:00:00Z',
        })),
      },
      graph: {
        users: people.map(({ number }) => ({
          id: guid(1, number),
          mail: addressOf(number),
          assignedPlans: [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }],
        })),
        groups: [{ id: staff, members: people.map(({ number }) => guid(1, number)) }],
        managedDevices: people.flatMap(({ number, kind }) => (kind.isEnrolled ? [managedOf(number)] : [])),
      },
    },
    policy: {
      conditionalAccessSettings: { enabled: true, includedGroups: [staff], excludedGroups: [] },
      exchangeOnPremisesPolicy: {
        defaultAccessLevel: 'quarantine',
        accessRules: [{ deviceClass: { name: 'iPad', type: 'family' }, accessLevel: 'allow' }],
      },
      settings: { notEnrolledLevel: 'block', limits: { maxLosingShare: 1 } },
    },
    changes: (size / 4) * 3 + 2,
    expected: {
      defaultLevel: 'Quarantine',
      rules: ['DeviceType WP8 Block', 'DeviceType iPad Allow'],
      entries: Object.fromEntries(
        people.map(({ number, kind }) => [guid(2, number), `${kind.sign}${deviceIdOf(number)}`]),
      ),
      decisions: Object.fromEntries(people.map(({ number, kind }) => [guid(3, number), kind.decision])),
    },
  }
}

function managedOf(number: number) {
  return {
    id: guid(4, number),
    userId: guid(1, number),
    easDeviceId: deviceIdOf(number),
    azureADRegistered: true,
    complianceState: 'compliant',
    managementState: 'managed',
    managementAgent: 'mdm',
    lastSyncDateTime: '2026-11-20T06:00:00Z',
  }
}

const addressOf = (number: number) => `p${number}@contoso.com`
const deviceIdOf = (number: number) => `APPL${String(number).padStart(6, '0')}`

function guid(block: number, number: number): string {
  return `00000000-0000-4000-8000-${block}${String(number).padStart(11, '0')}`
}
