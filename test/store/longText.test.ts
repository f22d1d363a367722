/** Long texts in properties: nothing is lost at the cuts, and no rest of a longer text stays behind. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergedTextProperties, readText, textProperties } from '../../functions/store/longText.ts'

const keys = { partitionKey: 'p', rowKey: 'r', etag: '' }
const piece = fc.constantFrom('a', 'ä', '😀', '\n', '"')
/** Around the cuts: lengths near a multiple of the part's, with pairs anywhere. */
const longText = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -2, max: 2 }), piece, piece)
  .map(([parts, more, first, second]) => first + second.repeat(Math.max(0, parts * 32_000 + more)).slice(0, 96_010))

/** No half of a surrogate pair: that would be lost in UTF-8. */
function isWhole(text: string): boolean {
  return Buffer.from(text).toString() === text
}

describe('textProperties', () => {
  test('gives the text back, in parts of at most 32,000 units that end between characters', () => {
    fc.assert(
      fc.property(longText, (text) => {
        const parts = textProperties('data', text)
        expect(readText({ ...keys, ...parts }, 'data') === text).toBe(true)
        for (const part of Object.values(parts)) {
          expect(part.length).toBeLessThanOrEqual(32_000)
          expect(!isWhole(text) || isWhole(part)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a row without the text gives null, an empty text is not null', () => {
    expect(readText(keys, 'data')).toBeNull()
    expect(readText({ ...keys, ...textProperties('data', '') }, 'data')).toBe('')
    expect(readText({ ...keys, ...textProperties('data', 'x') }, 'decision')).toBeNull()
  })
})

describe('mergedTextProperties', () => {
  test('a shorter text merged over a longer one is read alone', () => {
    const lengths = fc.integer({ min: 0, max: 100_000 })
    fc.assert(
      fc.property(lengths, lengths, (before, after) => {
        const row = {
          ...keys,
          ...mergedTextProperties('data', 'b'.repeat(before)),
          ...mergedTextProperties('data', 'a'.repeat(after)),
        }
        expect(readText(row, 'data') === 'a'.repeat(after)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})
