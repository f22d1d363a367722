/** Transactions and rows stay within what Azure takes; Azurite would let much of it through. */
import { describe, expect, test } from 'vitest'
import { textProperties } from '../../functions/store/longText.ts'
import { measureRow, type Row } from '../../functions/store/row.ts'
import { groupActions, type Action } from '../../functions/store/transactions.ts'

function row(rowKey: string, units = 0): Row {
  return { partitionKey: 'p', rowKey, v: 1, ...textProperties('data', 'x'.repeat(units)) }
}

function upserts(count: number, units: number): Action[] {
  return Array.from({ length: count }, (_, index) => ['upsert', row(String(index), units), 'Replace'])
}

/** A row of the three properties that every row has, and as many more. */
function wide(count: number): Row {
  const properties = Array.from({ length: count }, (_, index): [string, number] => [`a${index}`, 1])
  return { ...row('r'), ...Object.fromEntries(properties) }
}

function sizes(actions: readonly Action[]): number[] {
  return groupActions('t', actions).map((group) => group.length)
}

describe('groupActions', () => {
  test.each([
    ['nothing is no transaction', 0, 0, []],
    ['a hundred operations are one', 100, 10, [100]],
    ['one more is another', 101, 10, [100, 1]],
    ['rows of 400 KB are six a transaction: every character may take three bytes', 12, 200_000, [6, 6]],
    ['rows near 1 MiB are two a transaction', 3, 520_000, [2, 1]],
  ])('%s', (_, count, units, expected) => {
    expect(sizes(upserts(count, units))).toEqual(expected)
  })

  test('keeps the order', () => {
    const actions = upserts(250, 10)
    expect(groupActions('t', actions).flat()).toEqual(actions)
  })

  test('no body is over 4 MiB, whatever the characters', () => {
    for (const character of ['"', '\\', 'ä', '中', '😀', 'x']) {
      const data = textProperties('data', character.repeat(200_000 / character.length))
      const actions = Array.from({ length: 40 }, (_, i): Action => [
        'upsert',
        { ...row(String(i)), ...data },
        'Replace',
      ])
      for (const group of groupActions('t', actions)) {
        const body = group.reduce((bytes, [, each]) => bytes + 1_000 + Buffer.byteLength(JSON.stringify(each)), 0)
        expect(body).toBeLessThan(4 * 1024 * 1024)
      }
    }
  })

  test('refuses a row that comes twice, in whatever transaction and for whatever', () => {
    const actions: Action[] = [...upserts(150, 0), ['delete', { partitionKey: 'p', rowKey: '3' }]]
    expect(() => groupActions('t', actions)).toThrow(expect.objectContaining({ code: 'internal' }))
  })
})

describe('measureRow', () => {
  const tooLarge = expect.objectContaining({ code: 'storeFailed', retryable: false })

  test('takes a row just under 1 MiB and refuses one over it, naming the row and its size', () => {
    expect(measureRow('t', row('r', 523_500))).toBeGreaterThan(523_500)
    expect(() => measureRow('t', row('r', 524_300))).toThrow(tooLarge)
    expect(() => measureRow('t', row('r', 524_300))).toThrow(/row r of partition p in table t is too large.* 1025 KiB/)
  })

  test('refuses more than 252 properties', () => {
    expect(measureRow('t', wide(250))).toBeGreaterThan(0)
    expect(() => measureRow('t', wide(251))).toThrow(tooLarge)
  })

  test('refuses a value that one property cannot hold', () => {
    expect(() => measureRow('t', { ...row('r'), data: 'x'.repeat(32 * 1024 + 1) })).toThrow(tooLarge)
  })
})
