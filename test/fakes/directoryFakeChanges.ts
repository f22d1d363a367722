/** The changes half of the fake directory: a bookmark is a copy of the world, a change is what differs from it. */
import type { Bookmarks } from '../../functions/core/bookmarks.ts'
import { fromGraphDevice } from '../../functions/graph/fromGraphDevice.ts'
import { fromGraphUser } from '../../functions/graph/fromGraphUser.ts'
import { fromGraphId } from '../../functions/graph/fromGraphValues.ts'
import { AppError } from '../../functions/errors.ts'
import type { Directory, DirectoryChanges } from '../../functions/portsDirectory.ts'
import type { GraphObject, GraphWorld } from '../../sim/graph/world.ts'

type Half = Omit<Directory, 'users' | 'memberIds' | 'intuneDevices' | 'requests' | 'throttled' | 'check'>

/** `enter` counts a request and throws what a test asked for. `transitive`: users in a group, by the whole reading's rules. */
export function directoryFakeChanges(
  read: () => GraphWorld,
  enter: (method: string) => void,
  transitive: (world: GraphWorld, groupId: string) => readonly string[],
): Half {
  const copies: GraphWorld[] = []
  const mark = (watched: readonly string[]): Bookmarks['directory'] => {
    const link = `copy ${copies.push(structuredClone(read())) - 1}`
    return { users: link, groups: [link], devices: link, watched }
  }
  const copyOf = (link: string) => copies[Number(link.slice('copy '.length))]
  const devices = () => (read().managedDevices ?? []).map(fromGraphDevice)
  const users = (planIds: readonly string[]) => (read().users ?? []).map((user) => fromGraphUser(user, planIds))
  return {
    async bookmark(groupIds) {
      enter('bookmark')
      const groups = new Map((read().groups ?? []).map((group) => [group.id.toLowerCase(), group]))
      const seen = new Set<string>()
      const visit = (id: string): void => {
        const group = groups.get(id.toLowerCase())
        if (!group || seen.has(id.toLowerCase())) return
        seen.add(id.toLowerCase())
        for (const member of group.members ?? []) visit(member)
      }
      for (const id of groupIds) {
        if (!groups.has(id.toLowerCase())) throw new AppError('groupNotFound', `Group ${id} does not exist.`)
        visit(id)
      }
      return mark([...seen])
    },
    async changes(bookmark, intunePlanIds) {
      enter('changes')
      const before = copyOf(bookmark.users)
      if (!before) return null
      const now = read()
      const changed = changedIn(before.users, now.users)
      return {
        bookmark: mark(bookmark.watched),
        users: changed.there.map((user) => fromGraphUser(user, intunePlanIds)),
        removedUsers: changed.gone.map(fromGraphId),
        members: bookmark.watched.flatMap((groupId) => membersChanged(before, now, groupId)),
        entraDevices: changedIn(before.managedDevices, now.managedDevices).all.flatMap(
          (device) => fromGraphDevice(device).azureAdDeviceId ?? [],
        ),
      }
    },
    async usersByAddress(addresses, intunePlanIds) {
      enter('usersByAddress')
      return users(intunePlanIds).filter((user) => user.addresses.some((address) => addresses.includes(address)))
    },
    async memberships(userIds, groupIds) {
      enter('memberships')
      return new Map(
        userIds.map((userId) => [
          userId,
          groupIds.filter((groupId) => transitive(read(), groupId).includes(userId)).map(fromGraphId),
        ]),
      )
    },
    async devicesOfUsers(userIds) {
      enter('devicesOfUsers')
      return new Map(userIds.map((id) => [id, devices().filter(({ userId }) => userId === id)]))
    },
    async devicesByEntraId(ids) {
      enter('devicesByEntraId')
      return devices().filter(({ azureAdDeviceId }) => azureAdDeviceId !== null && ids.includes(azureAdDeviceId))
    },
    async devicesById(ids) {
      enter('devicesById')
      return devices().filter(({ id }) => ids.includes(id))
    },
    async devicesSyncedSince(since) {
      enter('devicesSyncedSince')
      return devices().filter(({ lastSync }) => lastSync !== null && lastSync > since)
    },
  }
}

function changedIn(before: readonly GraphObject[] = [], now: readonly GraphObject[] = []) {
  const old = new Map(before.map((object) => [object.id, JSON.stringify(object)]))
  const there = now.filter((object) => old.get(object.id) !== JSON.stringify(object))
  const ids = new Set(now.map(({ id }) => id))
  const lost = before.filter(({ id }) => !ids.has(id))
  return { there, gone: lost.map(({ id }) => id), all: [...there, ...lost] }
}

function membersChanged(before: GraphWorld, now: GraphWorld, groupId: string): DirectoryChanges['members'][number][] {
  const membersIn = (world: GraphWorld) =>
    (world.groups?.find(({ id }) => id.toLowerCase() === groupId)?.members ?? []).map(fromGraphId)
  const [had, has] = [membersIn(before), membersIn(now)]
  const isGroup = (id: string) => (now.groups ?? []).some((group) => group.id.toLowerCase() === id)
  return [
    ...has.filter((id) => !had.includes(id)).map((id) => ({ groupId, id, isGroup: isGroup(id), isRemoved: false })),
    ...had.filter((id) => !has.includes(id)).map((id) => ({ groupId, id, isGroup: isGroup(id), isRemoved: true })),
  ]
}
