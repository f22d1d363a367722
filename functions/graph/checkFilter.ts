/**
 * Filters on managedDevices, and the check of what came back: Graph ignores a filter it does not like, without a word, and sends every device
 * (facts D2). For the quick sync. Pure.
 */
import * as z from 'zod'
import { fromGraphId, text, time } from './fromGraphValues.ts'

/** Of several ids joined by `or` Graph finds the first only: one query asks for one. `lastSyncAfter` is ISO-8601 UTC. */
export type DeviceQuery = { readonly azureAdDeviceId: string } | { readonly lastSyncAfter: string }

/** The text of `$filter`, not yet encoded for an address. */
export function filterText(query: DeviceQuery): string {
  return 'azureAdDeviceId' in query
    ? `azureADDeviceId eq '${query.azureAdDeviceId.replaceAll("'", "''")}'`
    : `lastSyncDateTime gt ${query.lastSyncAfter}`
}

export interface CheckedRows {
  readonly rows: readonly unknown[]
  /** Rows that nobody asked for: more than none means that the filter did not work, and that other pages are as full. */
  readonly dropped: number
}

const filtered = z.looseObject({ azureADDeviceId: text, lastSyncDateTime: time })

/** Keeps the rows that fit the query. */
export function checkFilter(query: DeviceQuery, rows: readonly unknown[]): CheckedRows {
  const kept = rows.filter((row) => fits(query, row))
  return { rows: kept, dropped: rows.length - kept.length }
}

function fits(query: DeviceQuery, row: unknown): boolean {
  const device = filtered.safeParse(row)
  if (!device.success) return false
  const { azureADDeviceId, lastSyncDateTime } = device.data
  if ('azureAdDeviceId' in query) {
    return azureADDeviceId !== null && fromGraphId(azureADDeviceId) === fromGraphId(query.azureAdDeviceId)
  }
  return lastSyncDateTime !== null && Date.parse(lastSyncDateTime) > Date.parse(query.lastSyncAfter)
}
