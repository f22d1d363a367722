import { expect, test } from 'vitest'
import { fromGraphId, time } from '../../functions/graph/fromGraphValues.ts'

test.each([
  ['2026-11-20T06:00:00Z', '2026-11-20T06:00:00.000Z'],
  ['2026-11-20T06:00:00.1234567Z', '2026-11-20T06:00:00.123Z'],
  ['2026-11-20T06:00:00+02:00', '2026-11-20T04:00:00.000Z'],
  // Without a zone it is UTC, whatever zone this machine is in.
  ['2026-11-20T06:00:00', '2026-11-20T06:00:00.000Z'],
  ['0001-01-01T00:00:00Z', null],
  ['0001-01-01T00:00:00+00:00', null],
  ['2026-13-40T06:00:00Z', null],
  ['2026', null],
  ['1', null],
  ['', null],
  [null, null],
  [undefined, null],
  [1_700_000_000, null],
])('reads the date %j as %j', (given, expected) => {
  expect(time.parse(given)).toBe(expected)
})

test.each([
  ['0000000A-0000-4000-8000-00000000000B', '0000000a-0000-4000-8000-00000000000b'],
  ['Any Text', 'Any Text'],
  ['0000000A-0000-4000-8000-00000000000B ', '0000000A-0000-4000-8000-00000000000B '],
])('compares the id %s as %s', (given, expected) => {
  expect(fromGraphId(given)).toBe(expected)
})
