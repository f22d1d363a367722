/** All that the simulated Graph knows, and every change since it started: what the delta functions replay. */
import { makeCollection, type Collection } from './collection.ts'
import {
  collectionNames,
  type CollectionName,
  type GraphObject,
  type GraphPatch,
  type GraphRemoval,
  type GraphWorld,
} from './world.ts'

/** One change of one object. `reason` is set where it went away: `changed` can be restored, `deleted` cannot (facts D4). */
export type Change = {
  readonly version: number
  readonly collection: CollectionName
  readonly id: string
  readonly reason?: 'changed' | 'deleted'
  /** Names of the properties that differ; null where the object is new. */
  readonly properties: readonly string[] | null
  readonly added: readonly string[]
  readonly left: readonly string[]
}

export type GraphState = {
  readonly collections: Readonly<Record<CollectionName, Collection>>
  readonly changes: readonly Change[]
  /** Grows with every change; 0 is the world as it was loaded. */
  version: () => number
  patch: (patch: GraphPatch) => void
  /** Throws an Error naming an id that does not exist; then nothing is removed. */
  remove: (removal: GraphRemoval) => void
}

export function makeState(world: GraphWorld): GraphState {
  const collections = {
    users: makeCollection(),
    groups: makeCollection(),
    devices: makeCollection(),
    managedDevices: makeCollection(),
  }
  for (const name of collectionNames) for (const object of world[name] ?? []) collections[name].set(object)
  const changes: Change[] = []
  const note = (change: Omit<Change, 'version'>): void => void changes.push({ version: changes.length + 1, ...change })
  return {
    collections,
    changes,
    version: () => changes.length,
    patch: (patch) => {
      for (const collection of collectionNames) {
        for (const object of patch[collection] ?? []) note(merge(collections, collection, object))
      }
    },
    remove: (removal) => {
      for (const name of collectionNames) for (const id of removal[name] ?? []) mustExist(collections, name, id)
      const reason = removal.permanent === true ? 'deleted' : 'changed'
      for (const collection of collectionNames) {
        for (const id of removal[collection] ?? []) {
          collections[collection].remove(id)
          note({ collection, id, reason, properties: null, added: [], left: [] })
          if (reason === 'deleted') for (const change of leaveGroups(collections.groups, id)) note(change)
        }
      }
    },
  }
}

function merge(
  collections: GraphState['collections'],
  collection: CollectionName,
  object: GraphObject,
): Omit<Change, 'version'> {
  const before = collections[collection].get(object.id)
  const id = before?.id ?? object.id
  const now: GraphObject = { ...before, ...object, id }
  collections[collection].set(now)
  const properties = before === undefined ? null : Object.keys(object).filter((name) => before[name] !== now[name])
  const had = memberIds(before)
  const has = memberIds(now)
  return { collection, id, properties, added: except(has, had), left: except(had, has) }
}

/** The ids in a group's `members`, as they were given. */
export function memberIds(group: GraphObject | undefined): readonly string[] {
  const members = group?.['members']
  return Array.isArray(members) ? members.filter((id) => typeof id === 'string') : []
}

function except(ids: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others.map((id) => id.toLowerCase()))
  return ids.filter((id) => !known.has(id.toLowerCase()))
}

function mustExist(collections: GraphState['collections'], name: CollectionName, id: string): void {
  if (collections[name].get(id) === undefined) throw new Error(`There is no object ${id} in ${name}.`)
}

/** Only a permanent deletion takes a member out of its groups; a soft-deleted one comes back with its memberships. */
function leaveGroups(groups: Collection, id: string): Omit<Change, 'version'>[] {
  const changes: Omit<Change, 'version'>[] = []
  for (const { object } of groups.after(-1)) {
    const members = memberIds(object)
    const rest = except(members, [id])
    if (rest.length === members.length) continue
    groups.set({ ...object, members: rest })
    changes.push({ collection: 'groups', id: object.id, properties: [], added: [], left: [id] })
  }
  return changes
}
