import { expect, test } from 'vitest'
import { checkFilter, filterText } from '../../functions/graph/checkFilter.ts'

const id = '5F0B0000-0000-4000-8000-00000000000A'
const rows = [
  { id: '1', azureADDeviceId: id.toLowerCase(), lastSyncDateTime: '2026-11-20T06:00:00.5Z' },
  { id: '2', azureADDeviceId: null, lastSyncDateTime: '2026-11-20T06:00:00Z' },
  { id: '3', lastSyncDateTime: '0001-01-01T00:00:00Z' },
  'no row at all',
]

test.each([
  ['the device with that Entra id, case ignored', { azureAdDeviceId: id }, ['1']],
  ['nothing for an id that no device has', { azureAdDeviceId: 'other' }, []],
  ['devices that synced later than the time', { lastSyncAfter: '2026-11-20T06:00:00.000Z' }, ['1']],
  ['devices that synced later than an earlier time', { lastSyncAfter: '2026-11-20T05:59:59.000Z' }, ['1', '2']],
])('keeps %s and counts what nobody asked for', (_title, query, ids) => {
  expect(checkFilter(query, rows)).toEqual({
    rows: rows.filter((row) => typeof row !== 'string' && ids.includes(row.id)),
    dropped: rows.length - ids.length,
  })
})

test.each([
  [{ azureAdDeviceId: "o'neil" }, "azureADDeviceId eq 'o''neil'"],
  [{ lastSyncAfter: '2026-11-20T06:00:00.000Z' }, 'lastSyncDateTime gt 2026-11-20T06:00:00.000Z'],
])('writes %j as a filter', (query, text) => {
  expect(filterText(query)).toBe(text)
})
