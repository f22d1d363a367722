/**
 * How an id stands in the index: a row with a property for each of its mailboxes; where those are too many for one row, `id|+|write|n` beside it, which
 * the row names. Pure.
 */
import { joinKey, sortable } from './keys.ts'
import { mergedTextProperties, readText } from './longText.ts'
import { schemaVersion, type ReadRow, type Row } from './row.ts'

/** What is known of an id, by mailbox Guid. */
export type Known = ReadonlyMap<string, string>

/** Of 252 properties and 512 Ki UTF-16 units: further mailboxes are merged into the row without looking at it. */
const mostProperties = 200
const mostUnits = 300_000
const moreMark = '+'

export function idKey(id: string): string {
  return joinKey(id)
}

/** Prefix of the keys of the rows beside it; of one writing, or of all. */
export function moreKey(id: string, ...write: readonly string[]): string {
  return joinKey(id, moreMark, ...write, '')
}

/** The row that adds `known` to what is there when it is merged. */
export function mergedRow(partitionKey: string, id: string, known: Known): Row {
  return withProperties({ partitionKey, rowKey: idKey(id), v: schemaVersion }, [...known].map(toProperties))
}

/** The rows to write: `more` before `row`, which names them. `write`: unique to this writing. */
export function toIdRows(
  partitionKey: string,
  id: string,
  known: Known,
  write: string,
): { readonly row: Row; readonly more: readonly Row[] } {
  const base = { partitionKey, rowKey: idKey(id), v: schemaVersion }
  const [first = [], ...others] = cut([...known].map(toProperties))
  const more = others.map((part, index) => {
    const rowKey = `${moreKey(id, write)}${sortable(index, 4)}`
    return withProperties({ ...base, rowKey }, part)
  })
  const named = more.length > 0 ? { more: write, moreRows: more.length } : {}
  return { row: withProperties({ ...base, ...named }, first), more }
}

/** The writing whose rows stand beside this one; null: none do. */
export function moreOf({ more, moreRows }: ReadRow): { readonly write: string; readonly rows: number } | null {
  return typeof more === 'string' ? { write: more, rows: Number(moreRows) } : null
}

/** In the order of the Guids. What was merged into the row itself is newer than what stands beside it. */
export function knownIn(row: ReadRow | null, more: readonly ReadRow[] = []): Known {
  const found = new Map<string, string>()
  for (const each of row ? [...more, row] : more) {
    for (const name of Object.keys(each)) {
      if (name.startsWith('m') && name.endsWith('_')) found.set(mailboxOf(name), readText(each, name) ?? '')
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

type Properties = Readonly<Record<string, string>>

function toProperties([mailboxGuid, data]: readonly [string, string]): Properties {
  return mergedTextProperties(propertyOf(mailboxGuid), data)
}

function withProperties(row: Row, properties: readonly Properties[]): Row {
  return Object.assign({}, row, ...properties) as Row
}

function cut(all: readonly Properties[]): Properties[][] {
  const parts: Properties[][] = []
  let part: Properties[] = []
  let [properties, units] = [0, 0]
  for (const one of all) {
    const [count, length] = [Object.keys(one).length, Object.entries(one).flat().join('').length]
    if (part.length > 0 && (properties + count > mostProperties || units + length > mostUnits)) {
      parts.push(part)
      part = []
      ;[properties, units] = [0, 0]
    }
    part.push(one)
    properties += count
    units += length
  }
  return part.length > 0 ? [...parts, part] : parts
}

/** A property's name is of letters, digits and `_`: every other unit is `_hhhh`. It ends with `_`, its further parts with digits (longText.ts). */
function propertyOf(mailboxGuid: string): string {
  const plain = mailboxGuid.replace(
    /[^0-9A-Za-z]/g,
    (unit) => `_${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  )
  return `m${plain}_`
}

function mailboxOf(name: string): string {
  return name.slice(1, -1).replace(/_([0-9A-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
