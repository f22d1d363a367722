/** Keys of the store in memory, and their order. */

/** Parts are joined by the character that sorts first, so that keys sort by their parts. */
export function keyOf(...parts: readonly string[]): string {
  return parts.join('\u0000')
}

export function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
