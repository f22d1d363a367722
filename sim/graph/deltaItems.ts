/** The items of one delta round: every object, or what changed between two versions (facts D4). */
import { findMember } from './members.ts'
import { kindNames } from './page.ts'
import { memberIds, type Change, type GraphState } from './state.ts'
import { shown } from './unset.ts'
import type { CollectionName, GraphObject } from './world.ts'

export type Round = {
  readonly of: CollectionName
  readonly from: number | null
  readonly upTo: number
  readonly select: readonly string[] | null
  readonly ids: readonly string[] | null
  /** Prefer: return=minimal. */
  readonly isMinimal: boolean
  /** More members of a group come as further items with the same id. */
  readonly membersInItem: number
}

type Item = Record<string, unknown>
/** Made only when its page is sent: a page begins with the number of items that came before. */
export type ItemMaker = () => Item

/** In a fixed order, so that a page can be found again by that number. */
export function* deltaItems(state: GraphState, round: Round): Iterable<ItemMaker> {
  if (round.from === null) {
    for (const { object } of state.collections[round.of].after(-1)) {
      if (isAsked(round, object.id)) yield* wholeItems(state, round, object)
    }
    return
  }
  const byId = new Map<string, Change[]>()
  for (const change of state.changes.slice(round.from, round.upTo)) {
    if (change.collection !== round.of || !isAsked(round, change.id)) continue
    byId.set(change.id, [...(byId.get(change.id) ?? []), change])
  }
  for (const [id, changes] of byId) yield* changedItems(state, round, id, changes)
}

function isAsked({ ids }: Round, id: string): boolean {
  return ids === null || ids.some((asked) => asked.toLowerCase() === id.toLowerCase())
}

function* wholeItems(state: GraphState, round: Round, object: GraphObject): Iterable<ItemMaker> {
  const members = hasMembers(round) ? memberIds(object).flatMap((id) => toMember(state, id, false)) : []
  yield* withMembers(round, object.id, () => propertiesOf(round, object), members)
}

function* changedItems(state: GraphState, round: Round, id: string, changes: readonly Change[]): Iterable<ItemMaker> {
  const object = state.collections[round.of].get(id)
  if (object === undefined) {
    const last = state.changes.findLast((change) => change.id === id && change.reason !== undefined)
    yield () => ({ id, '@removed': { reason: last?.reason ?? 'changed' } })
    return
  }
  const isNew = changes.some(({ properties }) => properties === null)
  const changed = new Set(changes.flatMap(({ properties }) => properties ?? []))
  const members = hasMembers(round) ? netMembers(state, changes) : []
  const isTold = (name: string): boolean => round.select?.includes(name) ?? name !== 'members'
  if (!isNew && members.length === 0 && ![...changed].some(isTold)) return
  const isKept = (name: string): boolean => !round.isMinimal || isNew || name === 'id' || changed.has(name)
  const properties = (): Item =>
    Object.fromEntries(Object.entries(propertiesOf(round, object)).filter(([name]) => isKept(name)))
  yield* withMembers(round, object.id, properties, members)
}

function propertiesOf({ of, select }: Round, object: GraphObject): Item {
  const names = select === null ? null : ['id', ...select.filter((name) => name !== 'members' && name !== 'id')]
  return shown(of, object, names)
}

function hasMembers({ of, select }: Round): boolean {
  return of === 'groups' && (select === null || select.includes('members'))
}

function* withMembers(round: Round, id: string, properties: ItemMaker, members: readonly Item[]): Iterable<ItemMaker> {
  if (members.length === 0) {
    yield properties
    return
  }
  for (let start = 0; start < members.length; start += round.membersInItem) {
    const part = members.slice(start, start + round.membersInItem)
    yield () => ({ ...(start === 0 ? properties() : { id }), 'members@delta': part })
  }
}

/** What became of each member between the two versions: the last change counts. */
function netMembers(state: GraphState, changes: readonly Change[]): Item[] {
  const net = new Map<string, boolean>()
  for (const { added, left } of changes) {
    for (const id of added) net.set(id, false)
    for (const id of left) net.set(id, true)
  }
  return [...net].flatMap(([id, isGone]) => toMember(state, id, isGone))
}

/** Nothing where there is no such object. */
function toMember(state: GraphState, id: string, isGone: boolean): Item[] {
  const member = findMember(state, id)
  if (isGone) {
    const kind = member === null ? '#microsoft.graph.user' : kindNames[member.collection]
    return [{ '@odata.type': kind, id, '@removed': { reason: 'deleted' } }]
  }
  return member === null ? [] : [{ '@odata.type': kindNames[member.collection], id: member.object.id }]
}
