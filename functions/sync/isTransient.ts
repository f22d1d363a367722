/** Failures after which the same command may well succeed: it was not run, or nobody knows. Pure. */

const transient: ReadonlySet<string> = new Set([
  'throttled',
  'shellLimit',
  'sessionBroken',
  'childFailed',
  'expired',
  'refused',
])

export function isTransient(category: string): boolean {
  return transient.has(category)
}
