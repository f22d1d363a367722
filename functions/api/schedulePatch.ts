/** What may be set of when a connector syncs, and of the clean-up that follows its scheduled full syncs. Pure. */
import * as z from 'zod'
import { staleDays } from '../core/stale.ts'
import { closedObject, patchOf } from './body.ts'

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day in UTC with two digits each, such as 02:00')

/** A day has room for one an hour; a full sync of a large tenant takes longer than minutes. */
const fullSyncAt = z
  .array(timeOfDay)
  .min(1, 'names no time; give one such as 02:00, or null for the times of FULL_SYNC_SCHEDULE')
  .max(24)
  .transform((times) => [...new Set(times)].toSorted())

export const schedulePatch = patchOf({
  /** At most a day. */
  quickMinutes: z.int().min(1).max(1_440).nullable(),
  fullSyncAt: fullSyncAt.nullable(),
})

/** How old the last sync of a partnership must be. */
export const daysSchema = z.int().min(staleDays.least).max(staleDays.most)

export const staleCleanupPatch = closedObject({
  days: daysSchema,
  maxPerRun: z.int().min(1).max(10_000).default(100),
  maxShare: z.number().min(0).max(1).default(0.2),
}).nullable()
