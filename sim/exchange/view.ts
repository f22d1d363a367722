/** How objects of one kind are printed: the properties that a cmdlet knows, then what the world states beyond them. Pure. */
export type Row = Record<string, unknown>

export interface View<T> {
  /** Properties by name. `undefined`: the object has no such property (it is left out). */
  readonly known: Readonly<Record<string, (object: T) => unknown>>
  readonly stated: (object: T) => Readonly<Record<string, unknown>>
}

/** Reads one property, whatever the case of its name; statistics have no DeviceId and a DeviceID, so the exact name goes first. */
export function reader<T>(view: View<T>, property: string): (object: T) => unknown {
  const names = Object.keys(view.known)
  const isSame = (known: string) => known.toLowerCase() === property.toLowerCase()
  const name = names.includes(property) ? property : names.find(isSame)
  const known = name === undefined ? undefined : view.known[name]
  return known ?? ((object) => view.stated(object)[property])
}

/**
 * Prints the objects, one at a time as they are asked for. `returns` picks properties as the relay's module does: one that the object has
 * not is null, and none at all prints nothing. Without it: every property.
 */
export function* print<T>(view: View<T>, objects: Iterable<T>, returns: readonly string[] | undefined): Generator<Row> {
  const readers = returns?.map((name) => [name, reader(view, name)] as const)
  for (const object of objects) {
    if (!readers) yield everything(view, object)
    else if (readers.length > 0) yield picked(readers, object)
  }
}

function picked<T>(readers: readonly (readonly [string, (object: T) => unknown])[], object: T): Row {
  const row: Row = {}
  for (const [name, read] of readers) row[name] = read(object) ?? null
  return row
}

function everything<T>(view: View<T>, object: T): Row {
  const row: Row = { ...view.stated(object) }
  for (const [name, read] of Object.entries(view.known)) {
    const value = read(object)
    if (value === undefined) delete row[name]
    else row[name] = value
  }
  return row
}
