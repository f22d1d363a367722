/** Safe readings of single values in Graph's JSON: what is missing, null or of a wrong kind is null, never an exception. Pure. */
import * as z from 'zod'

export const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null)
export const truth = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null)
export const list = z
  .array(z.unknown())
  .nullish()
  .catch(null)
  .transform((values) => values ?? [])
/** ISO-8601 UTC with milliseconds, so that texts sort as times. Graph's unset date (0001-01-01, facts D1) and what is no date are null. */
export const time = text.transform(toTime)

const guid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** An id as we compare it: GUIDs in lower case, since services print the same one in both cases; other text as it is. */
export function fromGraphId(id: string): string {
  return guid.test(id) ? id.toLowerCase() : id
}

function toTime(value: string | null): string | null {
  if (value === null || !/^\d{4}-\d{2}-\d{2}T/.test(value) || value.startsWith('0001-01-01')) return null
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value)
  const date = new Date(hasZone ? value : `${value}Z`)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
