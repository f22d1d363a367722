/** Turns a parsed OPATH filter into a predicate over property values, checking names and value types. Pure. */
import { errors } from './cmdletError.ts'
import { parseFilter, type Filter, type Operator } from './parseFilter.ts'
import { isUtc, parseTime } from './utc.ts'

/** exact: -eq and -ne alone. */
export type FilterType = 'text' | 'date' | 'flag' | 'exact'

/** The properties that a cmdlet's -Filter knows, by name. */
export type Filterable = Readonly<Record<string, FilterType>>

/** Reads a property of the object that is looked at. */
export type Read = (property: string) => unknown

/** Throws a CmdletError (ParameterBindingException) for text that cannot be read, or a property that cannot be filtered on. */
export function compileFilter(text: string, filterable: Filterable): (read: Read) => boolean {
  return compile(parseFilter(text), filterable)
}

/** The Guids that a filter names when it is `Guid -eq 'a' -or Guid -eq 'b' …` and no more: what an index answers on a real server. */
export function guidsNamed(text: string): string[] | undefined {
  const guids: string[] = []
  const collect = (filter: Filter): boolean => {
    if (filter.kind === 'or') return collect(filter.left) && collect(filter.right)
    if (filter.kind !== 'compare' || filter.operator !== 'eq' || typeof filter.value !== 'string') return false
    if (filter.property.toLowerCase() !== 'guid') return false
    guids.push(filter.value)
    return true
  }
  return collect(parseFilter(text)) ? guids : undefined
}

function compile(filter: Filter, filterable: Filterable): (read: Read) => boolean {
  if (filter.kind === 'not') {
    const of = compile(filter.of, filterable)
    return (read) => !of(read)
  }
  if (filter.kind !== 'compare') {
    const [left, right] = [compile(filter.left, filterable), compile(filter.right, filterable)]
    return filter.kind === 'and' ? (read) => left(read) && right(read) : (read) => left(read) || right(read)
  }
  const name = Object.keys(filterable).find((known) => known.toLowerCase() === filter.property.toLowerCase())
  const type = name === undefined ? undefined : filterable[name]
  if (name === undefined || type === undefined) {
    throw errors.badFilter(`"${filter.property}" is not a recognized filterable property.`)
  }
  const test = comparison(name, type, filter.operator, filter.value)
  return (read) => test(read(name))
}

function comparison(
  name: string,
  type: FilterType,
  operator: Operator,
  value: string | boolean | null,
): (found: unknown) => boolean {
  if (value === null) return presence(name, operator)
  if (operator === 'ne') return negate(comparison(name, type, 'eq', value))
  if (operator === 'notlike') return negate(comparison(name, type, 'like', value))
  if (type === 'flag') return flagComparison(name, operator, value)
  if (typeof value === 'boolean') throw errors.badFilter(`${name} cannot be compared with a truth value.`)
  if (type === 'date') return dateComparison(name, operator, value)
  if (type === 'exact' && operator !== 'eq') throw errors.badFilter(`-${operator} cannot be used on ${name}.`)
  const test = textComparison(operator, value)
  return (found) => (Array.isArray(found) ? found.some((item) => test(item)) : test(found))
}

function negate(test: (found: unknown) => boolean): (found: unknown) => boolean {
  return (found) => !test(found)
}

function presence(name: string, operator: Operator): (found: unknown) => boolean {
  if (operator !== 'eq' && operator !== 'ne') throw errors.badFilter(`-${operator} $null cannot be used on ${name}.`)
  return operator === 'ne' ? isSet : (found) => !isSet(found)
}

function isSet(found: unknown): boolean {
  return found !== null && found !== undefined && found !== '' && !(Array.isArray(found) && found.length === 0)
}

function flagComparison(name: string, operator: Operator, value: string | boolean): (found: unknown) => boolean {
  const wanted = String(value).toLowerCase()
  if (operator !== 'eq' || (wanted !== 'true' && wanted !== 'false')) {
    throw errors.badFilter(`${name} takes -eq or -ne with $true or $false.`)
  }
  return (found) => String(found === true) === wanted
}

function dateComparison(name: string, operator: Operator, value: string): (found: unknown) => boolean {
  const wanted = parseTime(value)
  if (Number.isNaN(wanted)) throw errors.badFilter(`"${value}" is not a date that ${name} can be compared with.`)
  if (operator === 'like') throw errors.badFilter(`-like cannot be used on ${name}.`)
  const text = new Date(wanted).toISOString()
  const difference = (found: string) => (isUtc(found) ? compareTexts(found, text) : parseTime(found) - wanted)
  return (found) => typeof found === 'string' && found !== '' && holds(operator, difference(found))
}

function textComparison(operator: Operator, value: string): (found: unknown) => boolean {
  const wanted = value.toLowerCase()
  if (operator !== 'like') {
    return (found) => isText(found) && holds(operator, compareTexts(String(found).toLowerCase(), wanted))
  }
  const escaped = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const pattern = new RegExp(`^${escaped.join('[^]*')}$`)
  return (found) => isText(found) && pattern.test(String(found).toLowerCase())
}

function isText(found: unknown): boolean {
  return typeof found === 'string' || typeof found === 'number'
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function holds(operator: Operator, difference: number): boolean {
  if (operator === 'eq') return difference === 0
  if (operator === 'lt') return difference < 0
  if (operator === 'gt') return difference > 0
  return operator === 'le' ? difference <= 0 : difference >= 0
}
