/** One collection of the simulated Graph: objects in the order they came, found by id. Places never move, so a page can go on after a place. */
import type { GraphObject } from './world.ts'

type Row = { readonly place: number; readonly object: GraphObject }

export type Collection = {
  size: () => number
  get: (id: string) => GraphObject | undefined
  /** Adds or replaces; a replaced object keeps its place. */
  set: (object: GraphObject) => void
  /** False if there is no such object. */
  remove: (id: string) => boolean
  /** Objects after a place, in order; -1 starts at the first. */
  after: (place: number) => Iterable<Row>
}

/** Ids are compared without case, as Graph compares GUIDs. */
export function makeCollection(): Collection {
  const rows: (GraphObject | undefined)[] = []
  const places = new Map<string, number>()
  const placeOf = (id: string): number | undefined => places.get(id.toLowerCase())
  return {
    size: () => places.size,
    get: (id) => {
      const place = placeOf(id)
      return place === undefined ? undefined : rows[place]
    },
    set: (object) => {
      const place = placeOf(object.id) ?? rows.length
      rows[place] = object
      places.set(object.id.toLowerCase(), place)
    },
    remove: (id) => {
      const place = placeOf(id)
      if (place === undefined) return false
      rows[place] = undefined
      return places.delete(id.toLowerCase())
    },
    *after(place) {
      for (let next = place + 1; next < rows.length; next += 1) {
        const object = rows[next]
        if (object !== undefined) yield { place: next, object }
      }
    },
  }
}
