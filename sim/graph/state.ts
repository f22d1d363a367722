/** All that the simulated Graph knows, and every change since it started: what the delta functions replay. */
import { makeCollection, type Collection } from './collection.ts'
import { entraDevice, entraIdOf, withEntraId } from './entraDevices.ts'
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
  /** Entries of the sign-in log, oldest first; they are added by patches and never change. */
  readonly signIns: readonly GraphObject[]
  /** Grows with every change; 0 is the world as it was loaded. */
  version: () => number
  patch: (patch: GraphPatch) => void
  /** Throws an Error naming an id that does not exist; then nothing is removed. */
  remove: (removal: GraphRemoval) => void
}

/** `linksEntra`: Intune devices have Entra devices, and every change of the one shows as a change of the other. */
export function makeState(world: GraphWorld, linksEntra = false): GraphState {
  const collections = {
    users: makeCollection(),
    groups: makeCollection(),
    devices: makeCollection(),
    managedDevices: makeCollection(),
  }
  for (const name of collectionNames) for (const object of world[name] ?? []) collections[name].set(object)
  if (linksEntra)
    for (const device of world.managedDevices ?? []) collections.managedDevices.set(withEntraId(device, undefined))
  const changes: Change[] = []
  const signIns: GraphObject[] = [...(world.signIns ?? [])]
  const note = (change: Omit<Change, 'version'>): void => void changes.push({ version: changes.length + 1, ...change })
  return {
    collections,
    changes,
    signIns,
    version: () => changes.length,
    patch: (patch) => {
      signIns.push(...(patch.signIns ?? []))
      for (const collection of collectionNames) {
        for (const given of patch[collection] ?? []) {
          if (!linksEntra || collection !== 'managedDevices') note(merge(collections, collection, given))
          else for (const change of mergeManaged(collections, given)) note(change)
        }
      }
    },
    remove: (removal) => {
      for (const name of collectionNames) for (const id of removal[name] ?? []) mustExist(collections, name, id)
      const reason = removal.permanent === true ? 'deleted' : 'changed'
      for (const collection of collectionNames) {
        for (const id of removal[collection] ?? []) {
          const gone = collections[collection].get(id)
          collections[collection].remove(id)
          if (linksEntra && collection === 'managedDevices')
            changeEntra(collections, entraIdOf(gone), undefined).forEach(note)
          note({ collection, id, reason, properties: null, added: [], left: [] })
          if (reason === 'deleted') for (const change of leaveGroups(collections.groups, id)) note(change)
        }
      }
    },
  }
}

/** The Intune device, and what it shows at its Entra device: the one it had and the one it has. */
function mergeManaged(collections: GraphState['collections'], given: GraphObject): Omit<Change, 'version'>[] {
  const before = collections.managedDevices.get(given.id)
  const change = merge(collections, 'managedDevices', withEntraId(given, before))
  const now = collections.managedDevices.get(given.id)
  const ids = new Set([entraIdOf(before), entraIdOf(now)])
  return [change, ...[...ids].flatMap((id) => changeEntra(collections, id, id === entraIdOf(now) ? now : undefined))]
}

function changeEntra(
  collections: GraphState['collections'],
  deviceId: string | null,
  managed: GraphObject | undefined,
): Omit<Change, 'version'>[] {
  if (deviceId === null) return []
  const [known] = [...collections.devices.after(-1)].flatMap(({ object }) =>
    String(object['deviceId']).toLowerCase() === deviceId ? [object] : [],
  )
  const device = entraDevice(deviceId, known, managed)
  collections.devices.set(device)
  const properties = known ? ['isManaged', 'isCompliant'] : null
  return [{ collection: 'devices', id: device.id, properties, added: [], left: [] }]
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
