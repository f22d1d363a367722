/** The version number in what a phone says of its system, and how two compare. Pure. */

/*
 * iOS 17.4.1 21E236     17.4.1
 * Android 14            14
 * Windows Phone 8.10    8.10
 * Android, null         none
 */

/** The first number with its dotted parts; null where the text has none. Parts beyond 15 digits are no version. */
export function osVersion(deviceOs: string | null): readonly number[] | null {
  const found = /\d+(?:\.\d+)*/.exec(deviceOs ?? '')?.[0]
  if (found === undefined) return null
  const parts = found.split('.')
  return parts.some((part) => part.length > 15) ? null : parts.map(Number)
}

/** Below 0: `a` is the older. A part that is missing counts as 0: 17 is 17.0. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  const length = Math.max(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
