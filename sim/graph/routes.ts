/** The routes of the simulated Graph: which path answers what. */
import * as z from 'zod'
import { deltaOf, type DeltaOptions } from './delta.ts'
import { GraphFault, notFound, unsupported } from './graphError.ts'
import { directoryPageSizes, makeLists } from './lists.ts'
import { lowerText } from './lowerText.ts'
import { makeMembers, type Members } from './members.ts'
import { pageOf, type Listed } from './page.ts'
import { optionOf, rootOf, selectOf, type GraphReply, type GraphRequest } from './request.ts'
import { signInsOf } from './signIns.ts'
import type { GraphState } from './state.ts'
import { shown } from './unset.ts'
import type { CollectionName } from './world.ts'

export type Routes = (request: GraphRequest) => GraphReply
export type RouteOptions = DeltaOptions & { readonly cap: number }

/** Throws GraphFault where there is no such thing. */
export function makeRoutes(state: GraphState, options: RouteOptions): Routes {
  const lists = makeLists(state, options.cap)
  const members = makeMembers(state)
  const membersOf = membersRoute(state, members, options.cap)
  return (request) => {
    if (request.method === 'POST' && isMembershipCheck(request)) return checkMemberGroups(state, members, request)
    if (request.method !== 'GET') throw new GraphFault(405, 'Request_BadRequest', `${request.method} is not simulated.`)
    const [first = '', second, third, fourth, ...rest] = request.path
    const isLong = rest.length > 0
    if (first === 'deviceManagement' && second === 'managedDevices' && fourth === undefined) {
      return third === undefined ? lists.managedDevices(request) : one(state, request, 'managedDevices', third)
    }
    if (first === 'auditLogs' && second === 'signIns' && third === undefined) return signInsOf(state, request)
    if ((first !== 'users' && first !== 'groups' && first !== 'devices') || isLong) throw noRoute(request)
    if (second === undefined) return lists.directory(request, first)
    if (third === undefined && isDelta(second)) return deltaOf(state, request, first, options)
    if (third === undefined) return one(state, request, first, second)
    if (first === 'users' && third === 'managedDevices' && fourth === undefined) {
      return lists.managedDevicesOf(request, userOf(state, second).id)
    }
    if (first === 'groups' && (third === 'members' || third === 'transitiveMembers')) {
      return membersOf(request, second, third, fourth)
    }
    throw noRoute(request)
  }
}

function isDelta(segment: string): boolean {
  return /^(?:microsoft\.graph\.)?delta(?:\(\))?$/.test(segment)
}

function one(state: GraphState, request: GraphRequest, collection: CollectionName, id: string): GraphReply {
  const object = collection === 'users' ? userOf(state, id) : state.collections[collection].get(id)
  if (object === undefined) throw notFound(id)
  const path = collection === 'managedDevices' ? 'deviceManagement/managedDevices' : collection
  const context = `${rootOf(request)}/$metadata#${path}/$entity`
  return { status: 200, body: { '@odata.context': context, ...shown(collection, object, selectOf(request)) } }
}

/** A user by id or by userPrincipalName. */
function userOf(state: GraphState, key: string): { id: string } {
  const byId = state.collections.users.get(key)
  if (byId !== undefined) return byId
  for (const { object } of state.collections.users.after(-1)) {
    if (lowerText(object['userPrincipalName']) === key.toLowerCase()) return object
  }
  throw notFound(key)
}

type MembersRoute = (
  request: GraphRequest,
  groupId: string,
  kind: 'members' | 'transitiveMembers',
  cast: string | undefined,
) => GraphReply

const casts: Readonly<Record<string, 'users' | 'groups'>> = {
  'microsoft.graph.user': 'users',
  'microsoft.graph.group': 'groups',
}

function isMembershipCheck({ path }: GraphRequest): boolean {
  return path.length === 3 && path[0] === 'users' && path[2] === 'checkMemberGroups'
}

const membershipCheck = z.object({ groupIds: z.array(z.string()).min(1).max(20) })

/** Which of at most twenty groups the user is in, directly or through others. */
function checkMemberGroups(state: GraphState, { transitive }: Members, request: GraphRequest): GraphReply {
  const body = membershipCheck.safeParse(request.body)
  if (!body.success) throw unsupported('groupIds must be a list of 1 to 20 ids.')
  const { id } = userOf(state, request.path[1] ?? '')
  const value = body.data.groupIds.filter((group) =>
    transitive(group).some(({ object }) => object.id.toLowerCase() === id.toLowerCase()),
  )
  return { status: 200, body: { '@odata.context': `${rootOf(request)}/$metadata#Collection(Edm.String)`, value } }
}

function membersRoute(state: GraphState, members: Members, cap: number): MembersRoute {
  const sizes = directoryPageSizes(cap)
  return (request, groupId, kind, cast) => {
    const wanted = cast === undefined ? undefined : casts[cast]
    if (cast !== undefined && wanted === undefined) throw noRoute(request)
    if (state.collections.groups.get(groupId) === undefined) throw notFound(groupId)
    if (cast !== undefined) needAdvancedQuery(request)
    const all = kind === 'members' ? members.direct(groupId) : members.transitive(groupId)
    const listed = cast === undefined ? all : all.filter(({ collection }) => collection === wanted)
    const after = (place: number): Iterable<Listed> => listed.filter((row) => row.place > place)
    const name = wanted ?? 'directoryObjects'
    return pageOf(request, { name, after, count: () => listed.length, sizes, isMixed: cast === undefined })
  }
}

function needAdvancedQuery(request: GraphRequest): void {
  const isEventual = request.headers['consistencylevel']?.toLowerCase() === 'eventual'
  if (isEventual && optionOf(request, '$count') === 'true') return
  throw unsupported('Request with OData cast requires ConsistencyLevel: eventual and $count=true.')
}

function noRoute(request: GraphRequest): GraphFault {
  return new GraphFault(400, 'BadRequest', `Resource not found for the segment '${request.path.join('/')}'.`)
}
