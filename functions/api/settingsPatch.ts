/** What may be changed of easgate's own settings, each with its bounds. Pure. */
import * as z from 'zod'
import { closedObject, patchOf } from './body.ts'

/** Years before 0001 or after 9999 have no ISO form; zod's own check keeps them out. Any offset is read, UTC is kept. */
const date = z.iso
  .datetime({ offset: true, error: 'must be a date and time such as 2026-11-21T08:00:00Z' })
  .transform((text) => new Date(text).toISOString())

const guid = z.guid('must be the Guid of an EAS record').transform((text) => text.toLowerCase())
const heldLevel = z.enum(['block', 'quarantine']).nullable()
const share = z.number().min(0).max(1)

const grandfather = closedObject({ existedBefore: date, until: date }).superRefine(
  ({ existedBefore, until }, context) => {
    if (existedBefore < until) return
    const message = `ends (${until}) before the date that devices must have existed by (${existedBefore}); exchange the two dates`
    context.addIssue({ code: 'custom', path: ['until'], message })
  },
)

const pin = closedObject({
  record: guid,
  access: z.enum(['allow', 'block']),
  // Stands in the audit and on one line of the page.
  note: z
    .string()
    .max(200)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')
    .default(''),
  until: date.nullable().default(null),
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

const text = z.string().min(1).max(256)
const when = closedObject({
  deviceId: text.optional(),
  deviceType: text.optional(),
  deviceModel: text.optional(),
  deviceOs: text.optional(),
  userAgent: text.optional(),
}).refine((given) => Object.keys(given).length > 0, 'must name at least one property of the device')

/** The first rule that fits decides, so that two of one name would be told apart by nobody. */
const extraRules = z
  .array(
    closedObject({ name: z.string().trim().min(1).max(64), level: z.enum(['allow', 'block', 'quarantine']), when }),
  )
  .max(100)
  .superRefine((given, context) => {
    const seen = new Set<string>()
    given.forEach(({ name }, index) => {
      const message = `the name ${name} is given twice; give each rule its own`
      if (seen.has(name)) context.addIssue({ code: 'custom', path: [index, 'name'], message })
      seen.add(name)
    })
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
  extraRules,
  limits: patchOf({
    maxLosingShare: share,
    minPopulation: z.int().min(0).max(1_000_000),
    maxLosing: z.int().min(0).max(1_000_000),
    maxShrinkShare: share,
  }),
  stop: z.boolean(),
  reportOnly: z.boolean(),
})
