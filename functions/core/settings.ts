/** Defaults of easgate's own settings and of a policy that nobody has set yet. Pure. */
import type { Limits } from './limits.ts'
import type { Policy, Settings } from './types.ts'

/** INTUNE_A; tenants with other SKUs add theirs (facts/exchange-and-graph.md D3). */
export const intunePlan = 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5'

/** design.md 7. */
export const defaultLimits: Limits = {
  maxLosingShare: 0.1,
  minPopulation: 20,
  maxLosing: 500,
  maxShrinkShare: 0.2,
  maxPolicyAssignments: 500,
  heldHours: 24,
}

export const defaultSettings: Settings = {
  intunePlanIds: [intunePlan],
  manualEntries: 'respect',
  notCompliantLevel: null,
  notEnrolledLevel: null,
  grandfather: null,
  newRecordGraceMinutes: 0,
  pins: [],
  extraRules: [],
  scope: { organizationalUnits: [], servers: [] },
  limits: defaultLimits,
  exchange: { userMailInsert: null, adminMailRecipients: null },
  mailboxPolicy: null,
  drift: 'mend',
  stop: false,
  reportOnly: false,
  notification: { subject: 'Mail on your {{deviceType}}', templates: {}, waitMinutes: 0, digestTo: [] },
  schedule: { quickMinutes: 1, fullSyncAt: null },
  staleCleanup: null,
}

/** Off until an administrator says otherwise: a new connector changes nothing. */
export const defaultPolicy: Policy = {
  enabled: false,
  includedGroups: [],
  excludedGroups: [],
  overrideDefaultRule: true,
  defaultAccessLevel: 'none',
  exceptions: [],
  handedOverRules: [],
  notificationHtml: '',
  settings: defaultSettings,
}

/** A policy as it was stored; settings that a newer version added have their defaults. */
export function withDefaults(stored: Policy): Policy {
  const limits = { ...defaultLimits, ...stored.settings.limits }
  return { ...defaultPolicy, ...stored, settings: { ...defaultSettings, ...stored.settings, limits } }
}
