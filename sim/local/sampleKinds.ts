/** The kinds of people in the sample company: between them every row of the decision table. */

export interface Kind {
  /** The row of design.md 6 that the person's records end in. */
  readonly row: number
  readonly hasUser: boolean
  readonly isLicensed: boolean
  readonly isIncluded: boolean
  readonly isExcluded?: boolean
  /** Properties of the Intune device; none: not enrolled. */
  readonly managed?: Record<string, unknown>
  readonly mailbox?: 'health' | 'activeSyncOff'
  readonly clientType?: string
  readonly state?: string
  readonly phone?: string
  readonly firstSync?: 'new' | 'old'
  readonly manualEntry?: 'allowed' | 'blocked'
  readonly pin?: 'allow' | 'block'
}

const member = { hasUser: true, isLicensed: true, isIncluded: true }
const compliant: Kind = { row: 12, ...member, managed: {} }
const notEnrolled: Kind = { row: 15, ...member }
/** Enrolled and compliant, but Intune never learnt the EAS id: held until its user activates it. */
const notActivated: Kind = { row: 15, ...member, managed: { easDeviceId: null, easActivated: false } }

/** One entry a person, repeated over the company: half of it is enrolled and compliant. */
export const kinds: readonly Kind[] = [
  ...Array.from({ length: 25 }, () => compliant),
  { row: 1, ...member, clientType: 'Outlook' },
  notEnrolled,
  { row: 8, ...member, managed: { complianceState: 'noncompliant' } },
  { row: 12, ...member, managed: { complianceState: 'inGracePeriod' } },
  { row: 4, hasUser: true, isLicensed: false, isIncluded: true },
  notEnrolled,
  { row: 13, ...member, phone: 'iPad' },
  {
    row: 10,
    ...member,
    managed: { azureADRegistered: null, deviceRegistrationState: 'notRegistered', easActivated: false },
  },
  notActivated,
  { row: 6, hasUser: true, isLicensed: false, isIncluded: false, isExcluded: true },
  { row: 2, ...member, hasUser: false },
  { row: 5, ...member, manualEntry: 'allowed' },
  { row: 11, ...member, managed: { complianceState: 'unknown' } },
  notEnrolled,
  { row: 9, ...member, firstSync: 'old' },
  { row: 14, ...member, firstSync: 'new' },
  { row: 3, ...member, pin: 'allow' },
  { row: 8, ...member, managed: { complianceState: 'error' } },
  { row: 7, ...member, phone: 'Scanner' },
  { row: 15, ...member, phone: 'WP8' },
  { row: 4, hasUser: true, isLicensed: true, isIncluded: false },
  { row: 1, ...member, state: 'DeviceDiscovery' },
  { row: 3, ...member, managed: {}, pin: 'block' },
  { row: 1, ...member, mailbox: 'activeSyncOff' },
  { row: 1, hasUser: false, isLicensed: false, isIncluded: false, mailbox: 'health', phone: 'iPhone' },
]
