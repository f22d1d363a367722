/** What the listing cmdlets have in common: -Filter, -OrganizationalUnit, -SortBy, -ResultSize (facts A2, A6). */
import type { Call } from './cmdlet.ts'
import { textOf } from './cmdlet.ts'
import { compileFilter, type Filterable } from './compileFilter.ts'
import { canonicalName, parseDn } from './distinguishedName.ts'
import { print, reader, type Row, type View } from './view.ts'

const defaultResultSize = 1000

/** Prints the candidates that the parameters leave, in order, as they are asked for. -Filter looks at them through `searched`. */
export function query<T>(
  call: Call,
  view: View<T>,
  candidates: Iterable<T>,
  filterable: Filterable,
  searched: View<T> = view,
): Iterable<Row> {
  const filtered = filter(call, searched, candidates, filterable)
  return print(view, limit(call, sort(call, view, filtered)), call.returns)
}

/** Whether an object with this canonical name is below the -OrganizationalUnit (everything, without one). */
export function inOrganizationalUnit(call: Call): (identity: string) => boolean {
  const unit = textOf(call, 'OrganizationalUnit')
  if (unit === undefined) return () => true
  const parts = parseDn(unit)
  const prefix = `${parts ? canonicalName(parts) : unit}/`.toLowerCase()
  return (identity) => identity.toLowerCase().startsWith(prefix)
}

function filter<T>(call: Call, view: View<T>, candidates: Iterable<T>, filterable: Filterable): Iterable<T> {
  const text = textOf(call, 'Filter')
  if (text === undefined) return candidates
  const accepts = compileFilter(text, filterable)
  const readers = new Map(Object.keys(filterable).map((name) => [name, reader(view, name)]))
  return select(candidates, (object) => accepts((property) => readers.get(property)?.(object)))
}

function* select<T>(candidates: Iterable<T>, accepts: (object: T) => boolean): Generator<T> {
  for (const object of candidates) if (accepts(object)) yield object
}

function sort<T>(call: Call, view: View<T>, objects: Iterable<T>): Iterable<T> {
  const property = textOf(call, 'SortBy')
  if (property === undefined) return objects
  const read = reader(view, property)
  const key = (object: T) => JSON.stringify(read(object) ?? '')
  return [...objects].toSorted((a, b) => key(a).localeCompare(key(b), 'en'))
}

function* limit<T>(call: Call, objects: Iterable<T>): Generator<T> {
  const size = call.parameters['ResultSize'] ?? defaultResultSize
  let left = size === 'Unlimited' ? Number.POSITIVE_INFINITY : Number(size)
  for (const object of objects) {
    if (left === 0) {
      call.warn(
        'There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.',
      )
      return
    }
    left -= 1
    yield object
  }
}
