/** The port `Directory` in memory, over the objects of a scenario's world. Strict: it knows only the cursors and groups that there are. */
import { fromGraphDevice } from '../../functions/graph/fromGraphDevice.ts'
import { fromGraphUser } from '../../functions/graph/fromGraphUser.ts'
import { fromGraphId } from '../../functions/graph/fromGraphValues.ts'
import { AppError } from '../../functions/errors.ts'
import type { Directory, Page } from '../../functions/portsDirectory.ts'
import { directoryFakeChanges } from './directoryFakeChanges.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'

export interface DirectoryFake extends Directory {
  /** Read anew at every call, so a test may change it between two syncs. */
  world: GraphWorld
  /** The next call of the method throws this instead. */
  failNext(method: Exclude<keyof Directory, 'requests' | 'throttled'>, error: AppError): void
  /** What was asked to fail and has not yet does not any more. */
  failNothing(): void
}

/** `pageSize` is small by default, so that nobody forgets to follow `next`. */
export function directoryFake(world: GraphWorld, pageSize = 3): DirectoryFake {
  const failures: { method: string; error: AppError }[] = []
  let requests = 0
  const enter = (method: string): void => {
    requests += 1
    const index = failures.findIndex((failure) => failure.method === method)
    const [failure] = index === -1 ? [] : failures.splice(index, 1)
    if (failure !== undefined) throw failure.error
  }
  const fake: DirectoryFake = {
    world,
    failNext: (method, error) => void failures.push({ method, error }),
    failNothing: () => void failures.splice(0),
    users: async (cursor, intunePlanIds) => {
      enter('users')
      const page = cut(fake.world.users ?? [], 'users', cursor, pageSize)
      return { items: page.items.map((user) => fromGraphUser(user, intunePlanIds)), next: page.next }
    },
    memberIds: async (groupId, cursor) => {
      enter('memberIds')
      return cut(memberIds(fake.world, groupId), `members ${groupId}`, cursor, pageSize)
    },
    intuneDevices: async (cursor) => {
      enter('intuneDevices')
      const page = cut(fake.world.managedDevices ?? [], 'devices', cursor, pageSize)
      return { items: page.items.map(fromGraphDevice), next: page.next }
    },
    ...directoryFakeChanges(() => fake.world, enter, memberIds),
    requests: () => requests,
    throttled: () => 0,
    check: async () => enter('check'),
  }
  return fake
}

function cut<T>(all: readonly T[], name: string, cursor: string | null, size: number): Page<T> {
  const start = cursor === null ? 0 : Number(cursor.startsWith(`${name}#`) ? cursor.slice(name.length + 1) : Number.NaN)
  if (!Number.isInteger(start)) throw new AppError('graphFailed', `"${cursor}" is no cursor of ${name}.`)
  const next = start + size < all.length ? `${name}#${start + size}` : null
  return { items: all.slice(start, start + size), next }
}

function memberIds(world: GraphWorld, groupId: string): string[] {
  const groups = new Map((world.groups ?? []).map((group) => [group.id.toLowerCase(), group]))
  const users = new Map((world.users ?? []).map((user) => [user.id.toLowerCase(), user.id]))
  if (!groups.has(groupId.toLowerCase())) throw new AppError('groupNotFound', `Group ${groupId} does not exist.`)
  const seen = new Set<string>()
  const visit = (id: string): void => {
    if (seen.has(id.toLowerCase())) return
    seen.add(id.toLowerCase())
    for (const member of groups.get(id.toLowerCase())?.members ?? []) visit(member)
  }
  visit(groupId)
  return [...seen].flatMap((id) => users.get(id) ?? []).map(fromGraphId)
}
