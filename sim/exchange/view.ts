/** How objects of one kind are printed: the properties that a cmdlet knows, then what the world states beyond them. Pure. */
export type Row = Record<string, unknown>

export interface View<T> {
  /** Properties by name. `undefined`: the object has no such property (it is left out). */
  readonly known: Readonly<Record<string, (object: T) => unknown>>
  readonly stated: (object: T) => Readonly<Record<string, unknown>>
}

/** Reads one property, whatever the case of its name. */
export function reader<T>(view: View<T>, property: string): (object: T) => unknown {
  const name = Object.keys(view.known).find((known) => known.toLowerCase() === property.toLowerCase())
  const known = name === undefined ? undefined : view.known[name]
  return known ?? ((object) => view.stated(object)[property])
}

/** Prints the objects, one at a time as they are asked for. Without `returns`: every property. */
export function* print<T>(view: View<T>, objects: Iterable<T>, returns: readonly string[] | undefined): Generator<Row> {
  const readers = returns?.map((name) => [name, reader(view, name)] as const)
  for (const object of objects) {
    const row: Row = readers ? {} : { ...view.stated(object) }
    for (const [name, read] of readers ?? Object.entries(view.known)) {
      const value = read(object)
      if (value !== undefined) row[name] = value
      else delete row[name]
    }
    yield row
  }
}

/** A date as the relay prints it, ISO-8601 in UTC; text that is no date stays as it is. */
export function utc(date: unknown): unknown {
  if (typeof date !== 'string') return date ?? null
  const time = Date.parse(date)
  return Number.isNaN(time) ? date : new Date(time).toISOString()
}
