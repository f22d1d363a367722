/** The port `Directory` over Microsoft Graph: users, group members and Intune devices, page by page. */
import type { TokenCredential } from '@azure/core-auth'
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { Log } from '../ports.ts'
import type { Directory, Page } from '../portsDirectory.ts'
import { deviceProperties, fromGraphDevice } from './fromGraphDevice.ts'
import { fromGraphUser, userProperties } from './fromGraphUser.ts'
import { fromGraphId } from './fromGraphValues.ts'
import { graphChanges } from './graphChanges.ts'
import { graphFailure, type Asked } from './graphFailure.ts'
import { graphHttp } from './graphHttp.ts'
import { checkCursor, makeLoopCheck, parsePage, type GraphPage } from './graphPage.ts'
import { parseEndpoint } from './parseEndpoint.ts'

export interface GraphDirectoryOptions {
  /** Default https://graph.microsoft.com; plain http on loopback only. */
  readonly endpoint?: string
  /** null: no token is sent; on loopback only. */
  readonly credential: TokenCredential | null
  /** Rows asked for in one page; default and most are Graph's own limits: 999, and 1000 for Intune devices. */
  readonly pageSize?: number
  /** For one call with all its retries; default 100 s. */
  readonly deadlineMs?: number
  /** For one sending of a request; default 30 s. */
  readonly attemptMs?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** 0–1, for jitter. */
  readonly random?: () => number
  readonly log: Log
}

const mostOfDirectory = 999
const mostOfIntune = 1000

/**
 * Throws AppError badConfiguration on an endpoint that may not be. A cursor is Graph's own link, opaque, checked to lead back to the endpoint. One
 * instance remembers the links it saw, so it is made per invocation.
 */
export function graphDirectory(options: GraphDirectoryOptions): Directory {
  const endpoint = parseEndpoint(options.endpoint ?? 'https://graph.microsoft.com', options.credential !== null)
  const { credential, deadlineMs = 100_000, attemptMs = 30_000, now = Date.now, random = Math.random, log } = options
  const http = graphHttp({ endpoint, credential, deadlineMs, attemptMs, now, random, log })
  const checkLoop = makeLoopCheck()
  const top = (most: number): number => Math.min(options.pageSize ?? most, most)

  const read = async (asked: Asked, first: string, cursor: string | null, headers = {}): Promise<GraphPage> => {
    const url = cursor === null ? `${endpoint.origin}/v1.0/${first}` : checkCursor(cursor, endpoint.origin, asked)
    const reply = await http.get(url, headers)
    if (reply.status !== 200) throw graphFailure(reply, asked)
    const page = parsePage(reply, asked)
    if (page.next !== null) checkCursor(page.next, endpoint.origin, asked)
    checkLoop(url, page.next, asked)
    return page
  }

  return {
    users: async (cursor, intunePlanIds) => {
      const first = `users?$select=${userProperties.join(',')}&$top=${top(mostOfDirectory)}`
      const page = await read({ what: 'Reading users', permission: 'User.Read.All' }, first, cursor)
      return { items: page.rows.map((row) => fromGraphUser(row, intunePlanIds)), next: page.next }
    },
    memberIds: async (groupId, cursor) => {
      const permission = 'GroupMember.Read.All and User.Read.All'
      const asked = { what: `Reading members of group ${groupId}`, permission, groupId }
      const first = `groups/${encodeURIComponent(groupId)}/transitiveMembers/microsoft.graph.user?$select=id&$count=true&$top=${top(mostOfDirectory)}`
      // The link to the next page does not carry the header (facts D1).
      const page = await read(asked, first, cursor, { ConsistencyLevel: 'eventual' })
      return toMemberIds(page, groupId, log)
    },
    intuneDevices: async (cursor) => {
      const asked = { what: 'Reading Intune devices', permission: 'DeviceManagementManagedDevices.Read.All' }
      const first = `deviceManagement/managedDevices?$select=${deviceProperties.join(',')}&$top=${top(mostOfIntune)}`
      const page = await read(asked, first, cursor)
      return { items: page.rows.map(fromGraphDevice), next: page.next }
    },
    check: async () => {
      const users = { what: 'Reading a user', permission: 'User.Read.All' }
      const devices = { what: 'Reading an Intune device', permission: 'DeviceManagementManagedDevices.Read.All' }
      await Promise.all([
        read(users, 'users?$select=id&$top=1', null),
        read(devices, 'deviceManagement/managedDevices?$select=id&$top=1', null),
      ])
    },
    ...graphChanges({ http, origin: endpoint.origin, now, log, read }),
    requests: () => http.requests(),
    throttled: () => http.throttled(),
  }
}

const member = z.looseObject({ id: z.string().min(1), '@odata.type': z.unknown().optional() })

/** Only users were asked for; a row that says it is something else is left out. */
function toMemberIds(page: GraphPage, groupId: string, log: Log): Page<string> {
  const members = page.rows.map((row) => {
    const parsed = member.safeParse(row)
    if (parsed.success) return parsed.data
    throw new AppError(
      'incompleteInventory',
      `Graph sent a member of group ${groupId} without an id; nothing is decided on such a list.`,
    )
  })
  const users = members.filter((row) => (row['@odata.type'] ?? userType) === userType)
  if (users.length < members.length) log.warn('graph.rowsDropped', { groupId, rows: members.length - users.length })
  return { items: users.map(({ id }) => fromGraphId(id)), next: page.next }
}

const userType = '#microsoft.graph.user'
