/** What may be changed of easgate's own settings, each with its bounds. Pure. */
import * as z from 'zod'
import { closedObject, patchOf } from './body.ts'
import { exchangeSettingsPatch } from './exchangeSettingsPatch.ts'
import { extraRulesPatch } from './extraRulesPatch.ts'
import { notificationPatch } from './notificationPatch.ts'
import { schedulePatch, staleCleanupPatch } from './schedulePatch.ts'

/** Years before 0001 or after 9999 have no ISO form; zod's own check keeps them out. Any offset is read, UTC is kept. */
export const dateTime = z.iso
  .datetime({ offset: true, error: 'must be a date and time such as 2026-11-21T08:00:00Z' })
  .transform((text) => new Date(text).toISOString())

const guid = z.guid('must be the Guid of an EAS record').transform((text) => text.toLowerCase())
const heldLevel = z.enum(['block', 'quarantine']).nullable()
const share = z.number().min(0).max(1)

const grandfather = closedObject({ existedBefore: dateTime, until: dateTime }).superRefine(
  ({ existedBefore, until }, context) => {
    if (existedBefore < until) return
    const message = `ends (${until}) before the date that devices must have existed by (${existedBefore}); exchange the two dates`
    context.addIssue({ code: 'custom', path: ['until'], message })
  },
)

/** Stands in the audit and on one line of the page. */
export const oneLine = z
  .string()
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')

const pin = closedObject({
  record: guid,
  access: z.enum(['allow', 'block']),
  note: oneLine.default(''),
  until: dateTime.nullable().default(null),
})

/** One row of the tables holds a policy with its pins, and one of the audit the pins before and after. */
const pins = z
  .array(pin)
  .max(300)
  .superRefine((given, context) => {
    const seen = new Set<string>()
    given.forEach(({ record }, index) => {
      const message = `the record ${record} is pinned twice; keep one of the two`
      if (seen.has(record)) context.addIssue({ code: 'custom', path: [index, 'record'], message })
      seen.add(record)
    })
  })

/** At least one part with a name and a value. */
const distinguishedName = z
  .string()
  .trim()
  .max(1024)
  .regex(
    /^[a-z]+=(?:[^\\,]|\\.)+(,\s*[a-z]+=(?:[^\\,]|\\.)+)*$/i,
    'must be a distinguished name such as OU=Sales,DC=contoso,DC=com',
  )
const scope = closedObject({
  organizationalUnits: z.array(distinguishedName).max(100).default([]),
  servers: z.array(z.string().trim().min(1).max(64)).max(100).default([]),
})

export const settingsPatch = patchOf({
  intunePlanIds: z
    .array(z.string().trim().min(1).max(128))
    .min(1)
    .max(50)
    .transform((ids) => [...new Set(ids)]),
  manualEntries: z.enum(['respect', 'override', 'adopt']),
  notCompliantLevel: heldLevel,
  notEnrolledLevel: heldLevel,
  grandfather: grandfather.nullable(),
  /** At most 30 days: longer would let any new device in for good. */
  newRecordGraceMinutes: z.int().min(0).max(43_200),
  pins,
  extraRules: extraRulesPatch,
  scope,
  limits: patchOf({
    maxLosingShare: share,
    minPopulation: z.int().min(0).max(1_000_000),
    maxLosing: z.int().min(0).max(1_000_000),
    maxShrinkShare: share,
    maxPolicyAssignments: z.int().min(0).max(1_000_000),
    /** At most 30 days: what was read then says little about now. */
    heldHours: z.int().min(1).max(720),
  }),
  ...exchangeSettingsPatch,
  stop: z.boolean(),
  reportOnly: z.boolean(),
  notification: notificationPatch,
  schedule: schedulePatch,
  staleCleanup: staleCleanupPatch,
})
