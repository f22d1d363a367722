/** A mailbox's rows as table rows: whole, or not there yet. */
import { describe, expect, test } from 'vitest'
import type { StoredRow } from '../../functions/portsStore.ts'
import { headKey, toHeld, toTableRows } from '../../functions/store/mailboxRow.ts'
import type { ReadRow, Row } from '../../functions/store/row.ts'

const guid = 'm1'
const row = (id: string, data: string, decision: string | null = null): StoredRow => ({
  mailboxGuid: guid,
  kind: 'record',
  id,
  data,
  decision,
})
const asRead = (one: Row): ReadRow => ({ ...one, etag: 'etag' })
function written(rows: readonly StoredRow[], write = 'w1') {
  const { head, parts } = toTableRows('p', guid, rows, write)
  return { head: asRead(head), parts: parts.map(asRead) }
}
const held = (found: readonly ReadRow[]) => {
  const known = toHeld(guid, found)
  return known && [...known.rows.values()]
}

describe('a mailbox that is too long for one table row', () => {
  const long = [1, 2, 3, 4, 5].map((n) => row(`r${n}`, JSON.stringify('x'.repeat(190_000)), '{}'))

  test('stands in parts, and comes back whole with them, in any order', () => {
    const { head, parts } = written(long)
    expect(parts.length).toBeGreaterThan(1)
    expect(held([...parts, head])).toEqual(long)
  })

  test('is to be read again where a part is missing, or is of another writing', () => {
    const { head, parts } = written(long)
    const [, ...others] = parts
    expect(held([head, ...others])).toBeNull()
    expect(held([head, ...written(long, 'w2').parts])).toBeNull()
    expect(held([head])).toBeNull()
  })

  test('is written beside the parts of an earlier writing, which are then of no use', () => {
    const [first, second] = [written(long, 'w1'), written(long.slice(1), 'w2')]
    const found = toHeld(guid, [second.head, ...first.parts, ...second.parts])
    expect([...(found?.rows.values() ?? [])]).toEqual(long.slice(1))
    expect(found?.stale).toEqual(expect.arrayContaining(first.parts.map(({ rowKey }) => rowKey)))
  })

  test('comes back whole wherever a part ends', () => {
    for (let length = 399_976; length <= 400_004; length += 1) {
      const rows = [row('a', 'x'.repeat(length)), row('b', '1'), row('c', '2', '3')]
      const { head, parts } = written(rows)
      expect(held([head, ...parts])).toEqual(rows)
    }
  })
})

test('a mailbox without rows is one without rows, and not one of an older layout', () => {
  const { head, parts } = written([])
  const older: ReadRow = { partitionKey: 'p', rowKey: `${guid}|record|r1`, etag: 'e', data: '{}' }
  expect([parts, held([head]), held([head, older]), held([older])]).toEqual([[], [], [], [row('r1', '{}')]])
  expect(toHeld(guid, [head, older])).toMatchObject({ etag: 'etag', stale: [older.rowKey] })
  expect(head.rowKey).toBe(headKey(guid))
})
