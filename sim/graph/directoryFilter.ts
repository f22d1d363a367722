/** What `$filter` does on users, groups and devices here: equality of a few properties. What it does not know is refused, as the directory does. Pure. */
import { unsupported } from './graphError.ts'
import { lowerText } from './lowerText.ts'
import { parseFilter, type Comparison, type Filter } from './parseFilter.ts'
import type { GraphObject } from './world.ts'

const properties = [
  'id',
  'userPrincipalName',
  'mail',
  'proxyAddresses',
  'displayName',
  'accountEnabled',
  'deviceId',
  'onPremisesSecurityIdentifier',
]

/** Throws 400 on a filter that is not simulated. */
export function directoryFilter(text: string): (object: GraphObject) => boolean {
  const filter = parseFilter(text)
  if (filter === null) throw unsupported(`Invalid filter clause: ${text}`)
  return predicate(filter)
}

/** The ids of `id eq 'a' or id eq 'b'`: all that the delta functions filter by, fifty at most (facts D4). */
export function idFilter(text: string): readonly string[] {
  const filter = parseFilter(text)
  const parts = filter === null ? [] : filter.kind === 'or' ? filter.parts : [filter]
  const ids = parts.flatMap((part) => (isId(part) ? part.values : []))
  if (ids.length === 0 || ids.length < parts.length) throw unsupported(`Delta takes only id eq …: ${text}`)
  if (ids.length > 50) throw unsupported('Too many ids: at most 50.')
  return ids
}

function isId(filter: Filter): filter is Comparison {
  return filter.kind === 'compare' && filter.property === 'id' && filter.op === 'eq'
}

function predicate(filter: Filter): (object: GraphObject) => boolean {
  if (filter.kind === 'compare') return comparison(filter)
  const parts = filter.parts.map(predicate)
  return filter.kind === 'and'
    ? (object) => parts.every((fits) => fits(object))
    : (object) => parts.some((fits) => fits(object))
}

function comparison({ property, op, values }: Comparison): (object: GraphObject) => boolean {
  if (!properties.includes(property)) throw unsupported(`Filter on property '${property}' is not simulated.`)
  const wanted = values.map((value) => value.toLowerCase())
  const textOf = (object: GraphObject): string => lowerText(object[property])
  if (op === 'any') {
    return (object) => {
      const list = object[property]
      return Array.isArray(list) && list.some((item) => wanted.includes(String(item).toLowerCase()))
    }
  }
  if (op === 'eq' || op === 'in') return (object) => wanted.includes(textOf(object))
  if (op === 'ne') return (object) => !wanted.includes(textOf(object))
  if (op === 'startswith') return (object) => textOf(object).startsWith(wanted[0] ?? '')
  throw unsupported(`Unsupported filter operator '${op}'.`)
}
