import { expect, test } from 'vitest'
import { enumOf, flagOf, guidOf, textOf, textsOf, timeOf } from '../../functions/exchange/exchangeValue.ts'

test.each([
  ['plain', 'plain'],
  ['  spaced ', 'spaced'],
  ['', null],
  ['   ', null],
  [null, null],
  [undefined, null],
  [42, '42'],
  [true, 'true'],
  [{ odd: 1 }, null],
])('text %j reads as %j', (value, expected) => {
  expect(textOf({ x: value }, 'x')).toBe(expected)
})

test.each([
  [
    ['b', 'a'],
    ['b', 'a'],
  ],
  ['one', ['one']],
  [[], []],
  [null, []],
  [undefined, []],
  [['a', '', '  ', null, { odd: 1 }], ['a']],
  [[' kept as it is '], [' kept as it is ']],
])('texts %j read as %j', (value, expected) => {
  expect(textsOf({ x: value }, 'x')).toEqual(expected)
})

test.each([
  [true, true],
  [false, false],
  ['True', true],
  ['False', false],
  [null, 'otherwise'],
  ['maybe', 'otherwise'],
])('flag %j reads as %j', (value, expected) => {
  for (const otherwise of [true, false]) {
    expect(flagOf({ x: value }, 'x', otherwise)).toBe(expected === 'otherwise' ? otherwise : expected)
  }
})

test.each([
  ['0A1B2C3D-0000-4000-8000-00000000ABCD', '0a1b2c3d-0000-4000-8000-00000000abcd'],
  ['{0A1B2C3D-0000-4000-8000-00000000ABCD}', '0a1b2c3d-0000-4000-8000-00000000abcd'],
  ['', null],
  [null, null],
])('Guid %j reads as %j', (value, expected) => {
  expect(guidOf({ Guid: value })).toBe(expected)
})

test.each([
  ['Blocked', 'Blocked'],
  ['blocked', 'Blocked'],
  [2, 'Blocked'],
  ['2', 'Blocked'],
  [0, 'Unknown'],
  ['NewInExchangeSE', 'NewInExchangeSE'],
  [99, '99'],
  ['', null],
  [undefined, null],
])('enum value %j reads as %j', (value, expected) => {
  expect(enumOf({ x: value }, 'x', ['Unknown', 'Allowed', 'Blocked'])).toBe(expected)
})

test.each([
  ['2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z'],
  ['2026-11-01T08:00:00', '2026-11-01T08:00:00.000Z'],
  ['2026-11-01 08:00:00Z', '2026-11-01T08:00:00.000Z'],
  ['2026-11-01T08:00:00.1234567Z', '2026-11-01T08:00:00.123Z'],
  ['2026-11-01T09:30:00+01:30', '2026-11-01T08:00:00.000Z'],
  ['/Date(1793520000000)/', '2026-11-01T08:00:00.000Z'],
  ['0001-01-01T00:00:00', null],
  ['0001-01-01T00:00:00Z', null],
  ['/Date(-62135596800000)/', null],
  ['11/1/2026 8:00:00 AM', null],
  ['2026-13-40T99:00:00Z', null],
  ['', null],
  [null, null],
])('time %j reads as %j', (value, expected) => {
  expect(timeOf({ x: value }, 'x')).toBe(expected)
})
