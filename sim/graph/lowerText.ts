/** A property's value as filters and look-ups compare it: lower case; what is no text, number or truth value is empty. Pure. */
export function lowerText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).toLowerCase()
    : ''
}
