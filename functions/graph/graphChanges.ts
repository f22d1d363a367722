/** What changed in the directory since a bookmark, and single objects by id: the quick sync's half of the port Directory. */
import type { IntuneDevice } from '../core/types.ts'
import type { DirectoryBookmark } from '../core/bookmarks.ts'
import { inChunks } from '../core/inChunks.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../ports.ts'
import type { Directory, DirectoryChanges } from '../portsDirectory.ts'
import { checkFilter, filterText, type DeviceQuery } from './checkFilter.ts'
import { deviceProperties, fromGraphDevice } from './fromGraphDevice.ts'
import { fromGraphUser, userProperties } from './fromGraphUser.ts'
import { fromGraphId } from './fromGraphValues.ts'
import { sendBatch, type BatchItem } from './graphBatch.ts'
import {
  entraIdOf,
  groupIdsOf,
  idOf,
  isRemoved,
  lastOfEach,
  membersOf,
  nextOf,
  relative,
  rowsOf,
} from './graphChangeRows.ts'
import { readDelta } from './graphDelta.ts'
import type { Asked } from './graphFailure.ts'
import type { GraphHttp } from './graphHttp.ts'
import type { GraphPage } from './graphPage.ts'

export interface GraphChangesOptions {
  readonly http: GraphHttp
  readonly origin: string
  readonly now: () => number
  readonly log: Log
  /** One page of a collection, by the rules of the full reading. */
  readonly read: (asked: Asked, first: string, cursor: string | null, headers?: object) => Promise<GraphPage>
}

type Half = Omit<Directory, 'users' | 'memberIds' | 'intuneDevices' | 'requests' | 'throttled' | 'check'>

const reading = {
  users: { what: 'Reading changed users', permission: 'User.Read.All' },
  groups: { what: 'Reading changed groups', permission: 'GroupMember.Read.All' },
  entra: { what: 'Reading changed Entra devices', permission: 'Device.Read.All' },
  devices: { what: 'Reading Intune devices', permission: 'DeviceManagementManagedDevices.Read.All' },
  members: { what: 'Reading memberships', permission: 'GroupMember.Read.All and User.Read.All' },
} satisfies Record<string, Asked>

const userSelect = `$select=${userProperties.join(',')}`
const deviceSelect = `$select=${deviceProperties.join(',')}`
/** Groups in one delta's filter (facts D4). */
const groupsPerDelta = 50
const groupsPerCheck = 20

export function graphChanges({ http, origin, now, log, read }: GraphChangesOptions): Half {
  const delta = (asked: Asked, url: string) => readDelta(http, url, { origin, asked })
  const batch = (asked: Asked, items: readonly BatchItem[]) => sendBatch(items, { http, origin, asked, now })
  const start = async (asked: Asked, path: string): Promise<string> => {
    const round = await delta(asked, `${origin}/v1.0/${path}&$deltatoken=latest`)
    if (round) return round.link
    throw new AppError('graphFailed', `${asked.what}: Microsoft Graph refused a new delta link.`, { retryable: true })
  }

  const all = async (asked: Asked, first: string, headers = {}): Promise<unknown[]> => {
    const rows: unknown[] = []
    let cursor: string | null = null
    do {
      const page: GraphPage = await read(asked, first, cursor, headers)
      rows.push(...page.rows)
      cursor = page.next
    } while (cursor !== null)
    return rows
  }

  /** Rows of a query as devices; Graph may have ignored the filter. */
  const checked = (query: DeviceQuery, rows: readonly unknown[]): IntuneDevice[] => {
    const { rows: kept, dropped } = checkFilter(query, rows)
    if (dropped > 0) log.warn('graph.filterIgnored', { dropped })
    return kept.map(fromGraphDevice)
  }

  return {
    async bookmark(groupIds) {
      const nested = await Promise.all(
        groupIds.map((id) => {
          const path = `groups/${encodeURIComponent(id)}/transitiveMembers/microsoft.graph.group?$select=id&$count=true`
          const asked = { ...reading.members, what: `Reading groups in group ${id}`, groupId: id }
          return all(asked, path, { ConsistencyLevel: 'eventual' })
        }),
      )
      const watched = [...new Set([...groupIds.map(fromGraphId), ...nested.flat().map(idOf)])].toSorted()
      const groupPaths = inChunks(watched, groupsPerDelta).map((ids) => {
        const filter = ids.map((id) => `id eq '${id.replaceAll("'", "''")}'`).join(' or ')
        return `groups/delta?$select=members&$filter=${encodeURIComponent(filter)}`
      })
      const [users, devices, ...groups] = await Promise.all([
        start(reading.users, `users/delta?${userSelect}`),
        start(
          reading.entra,
          'devices/delta?$select=deviceId,isCompliant,isManaged,registrationDateTime,accountEnabled',
        ),
        ...groupPaths.map((path) => start(reading.groups, path)),
      ])
      return { users, devices, groups, watched }
    },

    async changes(bookmark, intunePlanIds): Promise<DirectoryChanges | null> {
      const [users, devices, ...groups] = await Promise.all([
        delta(reading.users, bookmark.users),
        delta(reading.entra, bookmark.devices),
        ...bookmark.groups.map((link) => delta(reading.groups, link)),
      ])
      if (!users || !devices) return null
      const rounds = groups.flatMap((round) => round ?? [])
      if (rounds.length < groups.length) return null
      const next: DirectoryBookmark = {
        users: users.link,
        devices: devices.link,
        groups: rounds.map(({ link }) => link),
        watched: bookmark.watched,
      }
      const last = lastOfEach(users.items)
      return {
        bookmark: next,
        users: last.filter((item) => !isRemoved(item)).map((item) => fromGraphUser(item, intunePlanIds)),
        removedUsers: last.filter(isRemoved).map(({ id }) => fromGraphId(id)),
        members: rounds.flatMap(({ items }) => items.flatMap(membersOf)),
        entraDevices: [...new Set(devices.items.flatMap(entraIdOf))],
      }
    },

    async usersByAddress(addresses, intunePlanIds) {
      const items = inChunks(addresses, 5).map((some) => {
        const tests = some.flatMap((address) => {
          const quoted = address.replaceAll("'", "''")
          return [`mail eq '${quoted}'`, `proxyAddresses/any(p:p eq 'smtp:${quoted}')`]
        })
        return { url: `/users?${userSelect}&$filter=${encodeURIComponent(tests.join(' or '))}` }
      })
      const bodies = await batch(reading.users, items)
      return bodies.flatMap((body) => rowsOf(body)).map((row) => fromGraphUser(row, intunePlanIds))
    },

    async memberships(userIds, groupIds) {
      const chunks = inChunks(groupIds, groupsPerCheck)
      const pairs = userIds.flatMap((userId) => chunks.map((ids) => ({ userId, ids })))
      const items = pairs.map(({ userId, ids }) => ({
        url: `/users/${encodeURIComponent(userId)}/checkMemberGroups`,
        method: 'POST' as const,
        body: { groupIds: ids },
      }))
      const bodies = await batch(reading.members, items)
      const found = new Map<string, string[]>(userIds.map((id) => [id, []]))
      bodies.forEach((body, index) => {
        found.get(pairs[index]?.userId ?? '')?.push(...groupIdsOf(body))
      })
      return found
    },

    async devicesOfUsers(userIds) {
      const items = userIds.map((id) => ({ url: `/users/${encodeURIComponent(id)}/managedDevices?${deviceSelect}` }))
      const bodies = await batch(reading.devices, items)
      const found = new Map<string, IntuneDevice[]>()
      for (const [index, body] of bodies.entries()) {
        const id = userIds[index] ?? ''
        const rows = [...rowsOf(body)]
        const next = nextOf(body)
        if (next !== null) rows.push(...(await all(reading.devices, relative(next, origin))))
        found.set(
          id,
          rows.map(fromGraphDevice).filter(({ userId }) => userId === id),
        )
      }
      return found
    },

    async devicesByEntraId(deviceIds) {
      const queries = deviceIds.map((azureAdDeviceId) => ({ azureAdDeviceId }))
      const items = queries.map((query) => ({
        url: `/deviceManagement/managedDevices?${deviceSelect}&$filter=${encodeURIComponent(filterText(query))}`,
      }))
      const bodies = await batch(reading.devices, items)
      return bodies.flatMap((body, index) => checked(queries[index] ?? { azureAdDeviceId: '' }, rowsOf(body)))
    },

    async devicesById(ids) {
      const items = ids.map((id) => ({
        url: `/deviceManagement/managedDevices/${encodeURIComponent(id)}?${deviceSelect}`,
      }))
      const bodies = await batch(reading.devices, items)
      return bodies.flatMap((body) => (body === null ? [] : [fromGraphDevice(body)]))
    },

    async devicesSyncedSince(since) {
      const query = { lastSyncAfter: since }
      const path = `deviceManagement/managedDevices?${deviceSelect}&$filter=${encodeURIComponent(filterText(query))}`
      return checked(query, await all(reading.devices, path))
    },
  }
}
