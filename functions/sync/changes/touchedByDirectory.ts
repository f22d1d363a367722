/** Which users and mailboxes the directory's changes touch. Reads Graph and the index, never a partition. */
import type { IntuneDevice, Policy, User } from '../../core/types.ts'
import type { Bookmarks } from '../../core/bookmarks.ts'
import type { Run } from '../../core/run.ts'
import type { Ports } from '../../ports.ts'
import type { DirectoryChanges } from '../../portsDirectory.ts'
import type { Place } from '../../portsStore.ts'
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
 * there, with user and EAS id   | no           | its user's mailboxes
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
  const changed = [...now.values()].filter((device) => isChanged(device, known, policy, nowMs))
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

/** Only devices with a user and an EAS id are kept, so only those can be new. */
function isChanged(device: IntuneDevice, known: readonly Place[], policy: Policy, nowMs: number): boolean {
  const own = known.filter(({ kind, id }) => id === (kind === 'device' ? device.azureAdDeviceId : device.id))
  if (own.length === 0) return device.userId !== null && device.easDeviceId !== null
  return !own.some((place) => textsAt(place).some((text) => isDecidedAlike(text, device, policy, nowMs)))
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
