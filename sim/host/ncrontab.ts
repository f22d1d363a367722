/** Strict check of a timer's schedule: accepts only what NCRONTAB and croner read in the same way. */
import { Cron, type CronOptions } from 'croner'
import { HostError } from './hostError.ts'

/** How croner reads an expression as the timer trigger does: day-of-month and day-of-week must both fit, `5/15` is 5 to the end. */
export const cronOptions = {
  timezone: 'UTC',
  mode: '5-or-6-parts',
  domAndDow: true,
  sloppyRanges: true,
  protect: true,
} as const satisfies CronOptions

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const days = 'sun mon tue wed thu fri sat'.split(' ')

type Field = { title: string; min: number; max: number; names: string[] }
const fields: Field[] = [
  { title: 'second', min: 0, max: 59, names: [] },
  { title: 'minute', min: 0, max: 59, names: [] },
  { title: 'hour', min: 0, max: 23, names: [] },
  { title: 'day of month', min: 1, max: 31, names: [] },
  { title: 'month', min: 1, max: 12, names: months },
  { title: 'day of week', min: 0, max: 6, names: days },
]

/**
 * Throws HostError, naming the field and `usedBy`, unless the expression is one both readers agree on:
 *
 *   refused                          why
 *   5 fields short, 7 fields, @daily NCRONTAB has six fields (five mean second 0)
 *   tabs                             NCRONTAB splits on spaces only
 *   7 as day of week, L W # ?        NCRONTAB does not know them
 *   00:05:00                         a TimeSpan runs on App Service plans only
 *   Monday, Ma, JANUARY              NCRONTAB takes any prefix of a name, croner three letters: use three
 *   22-2, FRI-MON                    NCRONTAB swaps the ends, other readers wrap round: never what was meant
 *   step 0, or past the field's end  NCRONTAB reads 1, or the start alone: never what was meant
 *   31 February                      never comes
 */
export function checkNcrontab(expression: string, usedBy: string): void {
  const refuse = (why: string) =>
    new HostError(`${usedBy}: the schedule "${expression}" ${why}; write it as six NCRONTAB fields, seconds first`)
  if (/[^\S ]/.test(expression)) throw refuse('holds white space other than spaces')
  if (/^\s*-?(\d+\.)?\d+:\d+(:\d+)?\s*$/.test(expression))
    throw refuse('is a TimeSpan, which runs on App Service plans only')
  const parts = expression.split(' ').filter((part) => part !== '')
  if (parts.length === 5) parts.unshift('0')
  if (parts.length !== 6) throw refuse(`has ${parts.length} fields`)
  for (const [at, field] of fields.entries()) {
    const problem = problemWith(parts[at] ?? '', field)
    if (problem !== undefined) throw refuse(`has a ${field.title} field that is refused: ${problem}`)
  }
  if (nextRun(expression) === null) throw refuse('never comes')
}

function problemWith(part: string, field: Field): string | undefined {
  for (const item of part.split(',')) {
    const found = /^(\*|(\w+)(?:-(\w+))?)(?:\/(\d{1,2}))?$/.exec(item)
    if (!found) return `"${item}"`
    const [, , low, high, step] = found
    const ends = [low, high].filter((end) => end !== undefined).map((end) => valueOf(end, field))
    if (ends.includes(undefined))
      return `"${item}" (${field.min} to ${field.max}${field.names.length > 0 ? ' or a three-letter name' : ''})`
    const [from = field.min, to = field.max] = ends
    if (from > to) return `"${item}" runs backwards`
    if (step !== undefined && (Number(step) === 0 || Number(step) > field.max - field.min))
      return `"${item}" has a step outside 1 to ${field.max - field.min}`
  }
  return undefined
}

function valueOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase())
  if (named >= 0) return named + field.min
  const value = /^\d{1,2}$/.test(text) ? Number(text) : undefined
  return value !== undefined && value >= field.min && value <= field.max ? value : undefined
}

function nextRun(expression: string): Date | null {
  return new Cron(expression, { ...cronOptions, paused: true }).nextRun()
}
