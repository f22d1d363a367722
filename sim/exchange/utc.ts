/** Dates as the relay's module prints them. Pure. */

/** ISO-8601 in UTC with milliseconds; text that is no date stays as it is. */
export function utc(date: string): string {
  if (isUtc(date)) return date
  const time = parseTime(date)
  return Number.isNaN(time) ? date : new Date(time).toISOString()
}

/** In ms; NaN for text that is no date. One without a zone is taken as UTC (facts A3). */
export function parseTime(text: string): number {
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(text.trim())
  return Date.parse(hasZone ? text : `${text} UTC`.replace(/T(\d\S*) UTC$/, 'T$1Z'))
}

/** The same of a property that may hold anything: what is no text is null. */
export function utcOrNull(date: unknown): string | null {
  return typeof date === 'string' ? utc(date) : null
}

/** Whether the text is as `utc` makes it: then texts compare as dates do. */
export function isUtc(date: string): boolean {
  return date.length === 24 && date[10] === 'T' && date.endsWith('Z')
}
