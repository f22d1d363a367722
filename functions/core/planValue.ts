/** One setting of the organization against the policy: set, left, mended, or given back what stood there before. Pure. */
import type { Drift, StanceOf } from './drift.ts'
import type { ConfigurationValue, OwnValue } from './ownConfiguration.ts'

export interface ValuePlan<T> {
  /** As this run will leave it. */
  readonly value: T
  readonly change: (Change<T> & { readonly mends?: string }) | null
  readonly own: OwnValue<T> | null
  readonly drift: Drift | null
}

/*
 * wanted   | stands there              | what is done
 * a value  | the same                  | nothing; where easgate set one before, this is what it set last
 * a value  | what easgate set, or      | set; what stood there first is remembered when the command is sent
 *          |   nothing is easgate's    |
 * another than easgate set last | any  | set: the policy was edited
 * the one that easgate set last | another | drift: mended, or left (drift.ts)
 * null     | what easgate set          | what stood there before comes back, and is remembered until it is back
 * null     | another                   | left: it is somebody else's now
 */
export function planValue<T extends ConfigurationValue>(
  thing: string,
  wanted: { readonly value: T } | null,
  current: T,
  own: OwnValue<T> | null,
  stanceOf: StanceOf,
): ValuePlan<T> {
  if (wanted === null) return withdraw(current, own)
  const { value } = wanted
  if (isSameValue(value, current)) {
    return { value: current, change: null, own: own && { before: own.before, set: value }, drift: null }
  }
  const change = { before: current, after: value }
  const isDrift = own !== null && !isOurs(own, current) && isSameValue(own.set, value)
  if (!isDrift) return { value, change, own, drift: null }
  const drift: Drift = { thing, expected: own.set, found: current, stance: stanceOf(thing) }
  if (drift.stance !== 'mend') return { value: current, change: null, own, drift }
  return { value, change: { ...change, mends: thing }, own, drift }
}

function withdraw<T extends ConfigurationValue>(current: T, own: OwnValue<T> | null): ValuePlan<T> {
  const value = own && isOurs(own, current) ? own.before : current
  if (isSameValue(value, current)) return { value: current, change: null, own: null, drift: null }
  return { value, change: { before: current, after: value, restores: true }, own, drift: null }
}

function isOurs<T extends ConfigurationValue>({ set, replaced }: OwnValue<T>, current: T): boolean {
  return isSameValue(set, current) || (replaced !== undefined && isSameValue(replaced, current))
}

/** Exchange keeps no blank text, and neither order nor case of addresses says anything; line ends are as the server likes them. */
export function isSameValue(a: ConfigurationValue, b: ConfigurationValue): boolean {
  return textOf(a) === textOf(b)
}

function textOf(value: ConfigurationValue): string {
  if (value === null) return ''
  if (typeof value === 'string') return value.replaceAll('\r\n', '\n').trim()
  return JSON.stringify([...new Set(value.map((item) => item.trim().toLowerCase()))].toSorted())
}

/** What a change of a value says of itself. */
type Change<T> = { readonly before: T; readonly after: T; readonly restores?: true }

/** On record before the command is sent. What stands there now is remembered until the command's end is known. */
export function claimValue<T extends ConfigurationValue>(
  change: Change<T>,
  own: OwnValue<T> | null,
): OwnValue<T> | null {
  // As long as it is not done, what easgate set is what it set
  if (change.restores) return own
  const { before, after } = change
  return { before: own ? own.before : before, set: after, replaced: before }
}

/** On record after the command was done; null where it brought back what stood there first. */
export function settledValue<T extends ConfigurationValue>(
  { restores }: Change<T>,
  own: OwnValue<T> | null,
): OwnValue<T> | null {
  return own === null || restores ? null : { before: own.before, set: own.set }
}
