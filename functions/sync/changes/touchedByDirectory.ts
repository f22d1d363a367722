/** Which users and mailboxes the directory's changes touch. Reads Graph and the index, never a partition. */
import type { IntuneDevice, Policy, User } from '../../core/types.ts'
import type { Bookmarks } from '../../core/bookmarks.ts'
import type { Run } from '../../core/run.ts'
import type { Ports } from '../../ports.ts'
import type { DirectoryChanges } from '../../portsDirectory.ts'
import type { Place } from '../../portsStore.ts'
import { boundAmong, isKept } from '../boundDevices.ts'
import { isDecidedAlike, textsAt } from './devicePlace.ts'

export interface TouchedByDirectory {
  /** By id, as they are now; null: gone. */
  readonly users: ReadonlyMap<string, User | null>
  /** Users whose groups must be asked for. */
  readonly movedUsers: ReadonlySet<string>
  /** Mailboxes that one of these belonged to. */
  readonly mailboxes: ReadonlySet<string>
  /** Sizes of included groups that somebody left. */
  readonly groupSizes: Readonly<Record<string, number>>
  /** Where the reading of devices without an Entra device goes on. */
  readonly looseAfter: string
}

/** Intune devices without an Entra device are read in turn, so many a minute. */
const looseAtOnce = 40
/** Clocks differ, and Graph shows a change late. */
const overlapMs = 10 * 60_000

export async function touchedByDirectory(
  ports: Ports,
  run: Run,
  bookmarks: Bookmarks,
  changes: DirectoryChanges,
): Promise<TouchedByDirectory> {
  const devices = await touchedDevices(ports, run, bookmarks, changes)
  const movedUsers = new Set(changes.members.map(({ id }) => id))
  const users = new Map<string, User | null>(changes.users.map((user) => [user.id, user]))
  for (const id of changes.removedUsers) users.set(id, null)
  const named = [...new Set([...users.keys(), ...movedUsers, ...devices.users])]
  const places = await ports.store.places(run.connectorId, 'user', named)
  const mailboxes = new Set([...places.map(({ mailboxGuid }) => mailboxGuid), ...devices.mailboxes])
  return {
    users,
    movedUsers,
    mailboxes,
    groupSizes: await sizesOf(ports, run, changes),
    looseAfter: devices.looseAfter,
  }
}

interface TouchedDevices {
  readonly users: readonly string[]
  readonly mailboxes: readonly string[]
  readonly looseAfter: string
}

/*
 * device now                    | known before | touched
 * other than known              | yes          | its mailboxes, and its user's
 * the same                      | yes          | -
 * there, with user, and EAS id  | no           | its user's mailboxes
 *   or a binding (boundDevices)  |              |
 * not there                     | yes          | its mailboxes
 */
async function touchedDevices(
  { directory, store, clock }: Ports,
  { connectorId, policy }: Run,
  { readAt, looseAfter }: Bookmarks,
  { entraDevices }: DirectoryChanges,
): Promise<TouchedDevices> {
  const since = new Date(Date.parse(readAt) - overlapMs).toISOString()
  const looseRange = { after: looseAfter, to: null, top: looseAtOnce }
  const [synced, loose] = await Promise.all([
    directory.devicesSyncedSince(since),
    store.listPlaces(connectorId, 'loose', looseRange),
  ])
  const looseIds = [...new Set(loose.map(({ id }) => id))]
  const [byEntra, byId] = await Promise.all([directory.devicesByEntraId(entraDevices), directory.devicesById(looseIds)])
  const now = new Map([...synced, ...byEntra, ...byId].map((device) => [device.id, device]))
  const entraIds = [...now.values()].flatMap(({ azureAdDeviceId }) => azureAdDeviceId ?? [])
  const known = [...(await store.places(connectorId, 'device', [...new Set([...entraDevices, ...entraIds])])), ...loose]
  const nowMs = clock.now().getTime()
  const placesOf = finder(known)
  const nameless = [...now.values()].filter((device) => {
    return device.userId !== null && device.easDeviceId === null && placesOf(device).length === 0
  })
  // By Entra's id, which stays when a phone is enrolled anew; by Intune's own where there is none
  const bound = await boundAmong(
    store,
    connectorId,
    nameless.map(({ id, azureAdDeviceId }) => azureAdDeviceId ?? id),
  )
  const changed = [...now.values()].filter((device) => isChanged(device, placesOf(device), { policy, nowMs, bound }))
  const changedEntra = new Set(changed.map(({ azureAdDeviceId }) => azureAdDeviceId))
  const changedIds = new Set(changed.map(({ id }) => id))
  const there = new Set([...now.values()].flatMap(({ id, azureAdDeviceId }) => [id, azureAdDeviceId ?? id]))
  const gone = known.filter(({ id }) => !there.has(id))
  const moved = known.filter(({ kind, id }) => (kind === 'device' ? changedEntra.has(id) : changedIds.has(id)))
  return {
    users: changed.flatMap(({ userId }) => userId ?? []),
    mailboxes: [...gone, ...moved].map(({ mailboxGuid }) => mailboxGuid),
    // Fewer than asked for: the end; the next reading begins again
    looseAfter: loose.length < looseAtOnce ? '' : (loose.at(-1)?.id ?? ''),
  }
}

interface Since {
  readonly policy: Policy
  readonly nowMs: number
  readonly bound: ReadonlySet<string>
}

/** Only devices with a user and an EAS id, or a binding, are kept, so only those can be new. */
function isChanged(device: IntuneDevice, own: readonly Place[], { policy, nowMs, bound }: Since): boolean {
  if (own.length === 0) return device.userId !== null && isKept(device, bound)
  return !own.some((place) => textsAt(place).some((text) => isDecidedAlike(text, device, policy, nowMs)))
}

/** The known places of a device. */
function finder(known: readonly Place[]): (device: IntuneDevice) => readonly Place[] {
  const keyOf = (kind: string, id: string) => `${kind}|${id}`
  const found = new Map<string, Place[]>()
  for (const place of known) {
    const key = keyOf(place.kind, place.id)
    const own = found.get(key)
    if (own) own.push(place)
    else found.set(key, [place])
  }
  return ({ id, azureAdDeviceId }) => [
    ...(azureAdDeviceId === null ? [] : (found.get(keyOf('device', azureAdDeviceId)) ?? [])),
    ...(found.get(keyOf('loose', id)) ?? []),
  ]
}

/** An included group that somebody left may be empty now (design.md 7). */
async function sizesOf({ directory }: Ports, run: Run, { members }: DirectoryChanges): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {}
  if (!members.some(({ isRemoved }) => isRemoved)) return sizes
  for (const groupId of run.policy.enabled ? run.policy.includedGroups : []) {
    sizes[groupId] = (await directory.memberIds(groupId, null)).items.length
  }
  return sizes
}
