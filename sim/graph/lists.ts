/** The lists of whole collections, and of one user's devices, with `$filter` where it works. */
import { deviceFilter } from './deviceFilter.ts'
import { directoryFilter } from './directoryFilter.ts'
import { GraphFault } from './graphError.ts'
import { keptPerVersion } from './keptPerVersion.ts'
import { lowerText } from './lowerText.ts'
import { pageOf, type Listed, type PageSizes } from './page.ts'
import { optionOf, type GraphReply, type GraphRequest } from './request.ts'
import type { GraphState } from './state.ts'
import type { GraphObject } from './world.ts'

export type Lists = {
  directory: (request: GraphRequest, collection: 'users' | 'groups' | 'devices') => GraphReply
  managedDevices: (request: GraphRequest) => GraphReply
  managedDevicesOf: (request: GraphRequest, userId: string) => GraphReply
}

/** `cap`: no page is larger, whatever is asked. */
export function makeLists(state: GraphState, cap: number): Lists {
  const { managedDevices } = state.collections
  const directorySizes = directoryPageSizes(cap)
  const intuneSizes: PageSizes = { unset: 1000, most: 1000, refuses: false, cap }
  // One pass over all devices per change, then each look-up is short.
  const byProperty = keptPerVersion(state.version, (name) => groupBy(managedDevices.after(-1), name))
  const devicesWith = (name: string, value: string): readonly Listed[] =>
    byProperty(name).get(value.toLowerCase()) ?? []

  return {
    directory: (request, collection) => {
      const filter = optionOf(request, '$filter')
      const fits = filter === null ? null : directoryFilter(filter)
      const rows = state.collections[collection]
      const after = function* (place: number): Iterable<Listed> {
        for (const row of rows.after(place)) if (fits === null || fits(row.object)) yield { ...row, collection }
      }
      const count = (): number => (fits === null ? rows.size() : [...after(-1)].length)
      return pageOf(request, { name: collection, after, count, sizes: directorySizes })
    },
    managedDevices: (request) => {
      const text = optionOf(request, '$filter')
      const filter = text === null ? null : deviceFilter(text)
      const id = filter?.azureADDeviceId
      if (id !== undefined && optionOf(request, '$count') === 'true') {
        throw new GraphFault(400, 'BadRequest', '$count does not go together with a filter on azureADDeviceId.')
      }
      const after = function* (place: number): Iterable<Listed> {
        const rows = id === undefined ? managedDevices.after(place) : devicesWith('azureADDeviceId', id)
        for (const row of rows) {
          if (row.place > place && (filter?.fits(row.object) ?? true)) yield { ...row, collection: 'managedDevices' }
        }
      }
      const count = (): number => (filter === null ? managedDevices.size() : [...after(-1)].length)
      return pageOf(request, { name: 'deviceManagement/managedDevices', after, count, sizes: intuneSizes })
    },
    managedDevicesOf: (request, userId) => {
      const rows = devicesWith('userId', userId)
      const after = (place: number): Iterable<Listed> => rows.filter((row) => row.place > place)
      const name = `users('${userId}')/managedDevices`
      return pageOf(request, { name, after, count: () => rows.length, sizes: intuneSizes })
    },
  }
}

/** Facts D3 (gk): 100 by default, 999 at most, and more is refused. */
export function directoryPageSizes(cap: number): PageSizes {
  return { unset: 100, most: 999, refuses: true, cap }
}

function groupBy(rows: Iterable<{ place: number; object: GraphObject }>, name: string): Map<string, Listed[]> {
  const groups = new Map<string, Listed[]>()
  for (const row of rows) {
    const value = lowerText(row.object[name])
    const group = groups.get(value) ?? []
    group.push({ ...row, collection: 'managedDevices' })
    groups.set(value, group)
  }
  return groups
}
