/** Who is in a group: directly, or through groups in it. Groups may hold each other in a circle. */
import { keptPerVersion } from './keptPerVersion.ts'
import type { Listed } from './page.ts'
import { memberIds, type GraphState } from './state.ts'
import type { CollectionName } from './world.ts'

export type Members = {
  direct: (groupId: string) => readonly Listed[]
  transitive: (groupId: string) => readonly Listed[]
}

const kinds: readonly CollectionName[] = ['users', 'groups', 'devices']

/** Lists are kept until something changes, so that a page of a large group does not walk all of it again. */
export function makeMembers(state: GraphState): Members {
  const transitive = keptPerVersion(state.version, (groupId) => walk(state, groupId))
  const direct = keptPerVersion(state.version, (groupId) =>
    found(state, memberIds(state.collections.groups.get(groupId))),
  )
  return { direct, transitive }
}

function walk(state: GraphState, groupId: string): Listed[] {
  const seen = new Set([groupId.toLowerCase()])
  const waiting = [groupId]
  const all: string[] = []
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const member of memberIds(state.collections.groups.get(id))) {
      if (seen.has(member.toLowerCase())) continue
      seen.add(member.toLowerCase())
      all.push(member)
      if (state.collections.groups.get(member) !== undefined) waiting.push(member)
    }
  }
  return found(state, all)
}

/** Members that exist, each once; one that was deleted is left out while it is gone. */
function found(state: GraphState, ids: readonly string[]): Listed[] {
  const listed: Listed[] = []
  for (const id of new Set(ids.map((given) => given.toLowerCase()))) {
    const member = findMember(state, id)
    if (member !== null) listed.push({ place: listed.length, ...member })
  }
  return listed
}

/** The directory object of an id: user, group or device. */
export function findMember(state: GraphState, id: string): Omit<Listed, 'place'> | null {
  for (const collection of kinds) {
    const object = state.collections[collection].get(id)
    if (object !== undefined) return { collection, object }
  }
  return null
}
