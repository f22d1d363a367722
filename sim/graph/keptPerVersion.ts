/** Remembers what was worked out of the state until the state changes. */

export function keptPerVersion<T>(version: () => number, make: (key: string) => T): (key: string) => T {
  let keptVersion = -1
  const kept = new Map<string, T>()
  return (key) => {
    if (keptVersion !== version()) kept.clear()
    keptVersion = version()
    const value = kept.get(key) ?? make(key)
    kept.set(key, value)
    return value
  }
}
