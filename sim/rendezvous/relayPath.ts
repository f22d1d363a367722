/** Paths and query parameters of the simulated namespace: which hybrid connection a URL means, and what is left for the application. Pure. */

/** The segments of a path, decoded and in lower case, for comparing. */
function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => decoded(segment).toLowerCase())
}

/** Whether `parent` is `path` or lies above it; `a/b` is above `a/b/c` but not above `a/bc`. */
export function isWithin(path: string, parent: string): boolean {
  const below = segmentsOf(path)
  return segmentsOf(parent).every((segment, index) => below[index] === segment)
}

/** The registered path a requested path belongs to: the longest that contains it. */
export function registeredPath(requested: string, registered: string[]): string | undefined {
  return registered
    .filter((candidate) => isWithin(requested, candidate))
    .toSorted((a, b) => segmentsOf(b).length - segmentsOf(a).length)[0]
}

/** A query parameter whose name is compared without regard to case. */
export function parameter(query: URLSearchParams, name: string): string | undefined {
  for (const [key, value] of query) if (key.toLowerCase() === name.toLowerCase()) return value
  return undefined
}

/** The query without every `sb-hc-` parameter: what belongs to the application. */
export function applicationQuery(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([key]) => !key.toLowerCase().startsWith('sb-hc-')))
}

/** decodeURIComponent that leaves what it cannot decode. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
