/** HTTP routes as the Functions host reads them: which function a path belongs to, and its parameters. Pure. */
import { HostError } from './hostError.ts'

type Segment =
  | { kind: 'literal'; text: string }
  | { kind: 'parameter'; name: string; optional: boolean; constraint: string | undefined }
  | { kind: 'rest'; name: string }

export type Route = { template: string; segments: Segment[] }
export type RouteParams = Record<string, string>

const constraints: Record<string, RegExp> = {
  int: /^-?\d+$/,
  alpha: /^[a-z]+$/i,
  guid: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
}

/** Reads `a/{b}/{c?}/{*rest}`; `{b:int}`, `:alpha` and `:guid` constrain. HostError for anything else in braces. */
export function parseRoute(path: string, routePrefix: string, usedBy: string): Route {
  const template = `${routePrefix}/${path}`
  const parts = template.split('/').filter((part) => part !== '')
  const segments = parts.map((part): Segment => parseSegment(part, template, usedBy))
  const misplaced = segments.findIndex((segment, at) => at < segments.length - 1 && endsRoute(segment))
  if (misplaced >= 0)
    throw new HostError(`${usedBy}: in route "${template}" only the last segment may be optional or take the rest`)
  return { template: parts.join('/'), segments }
}

function parseSegment(part: string, template: string, usedBy: string): Segment {
  if (!/[{}]/.test(part)) return { kind: 'literal', text: part }
  const found = /^\{(\*?)(\w+)(?::(\w+))?(\?)?\}$/.exec(part)
  const [, star, name = '', constraint, optional] = found ?? []
  if (!found || (constraint !== undefined && !(constraint in constraints))) {
    throw new HostError(`${usedBy}: the local host cannot read "${part}" in route "${template}"`)
  }
  return star === '*' ? { kind: 'rest', name } : { kind: 'parameter', name, optional: optional === '?', constraint }
}

function endsRoute(segment: Segment): boolean {
  return segment.kind === 'rest' || (segment.kind === 'parameter' && segment.optional)
}

/**
 * The parameters of `path` (as sent, still percent-encoded) under this route, or undefined when it does not fit. Literals are
 * compared without regard to case; a final slash does not count; `%2F` stays encoded, as ASP.NET leaves it.
 */
export function matchRoute(route: Route, path: string): RouteParams | undefined {
  const parts = path.split('/').slice(1).map(decodeSegment)
  if (parts.at(-1) === '') parts.pop()
  const params: RouteParams = {}
  for (const [at, segment] of route.segments.entries()) {
    const part = parts[at]
    if (segment.kind === 'rest') {
      if (parts.length > at) params[segment.name] = parts.slice(at).join('/')
      return params
    }
    if (part === undefined || part === '') {
      if (segment.kind === 'parameter' && segment.optional && part === undefined) return params
      return undefined
    }
    if (!fits(segment, part)) return undefined
    if (segment.kind === 'parameter') params[segment.name] = part
  }
  return parts.length === route.segments.length ? params : undefined
}

function fits(segment: Segment, part: string): boolean {
  if (segment.kind === 'literal') return segment.text.toLowerCase() === part.toLowerCase()
  if (segment.kind === 'rest' || segment.constraint === undefined) return true
  return constraints[segment.constraint]?.test(part) ?? false
}

function decodeSegment(part: string): string {
  try {
    return part
      .split(/(%2f)/i)
      .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
      .join('')
  } catch {
    return part
  }
}

/** Whether every path that fits `inner` also fits `outer`, so that `inner` is never reached where `outer` is asked first. */
export function coversRoute(outer: Route, inner: Route): boolean {
  return variants(inner.segments).every((segments) => {
    const at = outer.segments.findIndex(
      (segment, index) => segment.kind === 'rest' || !coversSegment(segment, segments[index]),
    )
    if (at < 0) return segments.length <= outer.segments.length
    return outer.segments[at]?.kind === 'rest'
  })
}

/** A route with an optional end stands for two: one without it, one where it is there. */
function variants(segments: Segment[]): Segment[][] {
  const last = segments.at(-1)
  if (last?.kind !== 'parameter' || !last.optional) return [segments]
  return [segments.slice(0, -1), [...segments.slice(0, -1), { ...last, optional: false }]]
}

function coversSegment(outer: Segment, inner: Segment | undefined): boolean {
  if (inner === undefined) return outer.kind === 'parameter' && outer.optional
  if (inner.kind === 'rest') return false
  if (inner.kind === 'literal') return fits(outer, inner.text)
  return outer.kind === 'parameter' && (outer.constraint === undefined || outer.constraint === inner.constraint)
}
