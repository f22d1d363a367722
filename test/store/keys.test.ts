/** Keys: what goes in comes out, nothing that Azure refuses gets through, order and prefixes hold. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterPrefix,
  escapeKey,
  joinKey,
  partitionDigits,
  sortable,
  splitKey,
  unescapeKey,
} from '../../functions/store/keys.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 30 })
const loneUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units))
const text = fc.oneof(anyText, loneUnits)
const plain = fc.stringMatching(/^[A-Za-z0-9 !"$&()*+,.:;<=>@[\]^_`{|}-]{0,30}$/)

describe('escapeKey', () => {
  test('is reversible for every text, lone surrogates too', () => {
    fc.assert(fc.property(text, (each) => unescapeKey(escapeKey(each)) === each))
  })

  test('gives printable ASCII without the characters that Azure, URLs and filters stumble over', () => {
    fc.assert(fc.property(text, (each) => /^[ -~]*$/.test(escapeKey(each)) && !/[/\\#?%']/.test(escapeKey(each))))
  })

  test('leaves plain texts as they are, so that they keep their order', () => {
    fc.assert(fc.property(plain, (each) => escapeKey(each) === each))
  })

  test('keeps prefixes, and every key with the prefix is below afterPrefix', () => {
    fc.assert(
      fc.property(text, text, (prefix, rest) => {
        const [start, key] = [escapeKey(prefix), escapeKey(prefix + rest)]
        return key.startsWith(start) && key >= start && key < afterPrefix(start)
      }),
    )
  })

  test('does not give a prefix to a key that has it not', () => {
    fc.assert(fc.property(text, text, (a, b) => escapeKey(b).startsWith(escapeKey(a)) === b.startsWith(a)))
  })

  test.each([
    ['/', '~002F'],
    ['\\', '~005C'],
    ['#', '~0023'],
    ['?', '~003F'],
    ['%', '~0025'],
    ['~', '~007E'],
    ["'", '~0027'],
    ['\n', '~000A'],
    ['\u007f', '~007F'],
    ['ä', '~00E4'],
    ['😀', '~D83D~DE00'],
    ['2|0003|a-b', '2|0003|a-b'],
  ])('%j becomes %s', (raw, escaped) => {
    expect(escapeKey(raw)).toBe(escaped)
  })

  test('refuses a key over 1 KiB, saying which and how long', () => {
    expect(escapeKey('x'.repeat(512))).toHaveLength(512)
    expect(() => escapeKey(`here${'x'.repeat(509)}`)).toThrow(/513 characters, at most 512 fit: here/)
    expect(() => joinKey('ä'.repeat(60), 'ö'.repeat(60))).toThrow(
      expect.objectContaining({ code: 'storeFailed', retryable: false }),
    )
  })
})

describe('joinKey', () => {
  test('gives the parts back, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (parts) => {
        expect(splitKey(joinKey(...parts))).toEqual(parts)
      }),
    )
  })
})

describe('sortable', () => {
  test('sorts as the numbers do', () => {
    const digits = fc.nat({ max: 9_999 })
    fc.assert(fc.property(digits, digits, (a, b) => a < b === sortable(a, 4) < sortable(b, 4)))
  })

  test.each([-1, 10_000, 0.5, Number.NaN])('refuses %s as a partition', (partition) => {
    expect(() => partitionDigits(partition)).toThrow(expect.objectContaining({ code: 'internal' }))
  })
})
