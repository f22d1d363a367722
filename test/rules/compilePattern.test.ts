import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TextPattern } from '../../functions/core/extraRules.ts'
import { compilePattern } from '../../functions/rules/compilePattern.ts'

describe('a pattern fits', () => {
  const cases: [TextPattern, string, boolean][] = [
    // The whole text, case ignored
    [{ like: 'iPhone*' }, 'iPhone14C2', true],
    [{ like: 'iPhone*' }, 'IPHONE', true],
    [{ like: 'iPhone*' }, 'my iPhone', false],
    [{ like: 'iPhone' }, 'iPhone14C2', false],
    [{ like: '*phone*' }, 'My iPhone 14', true],
    [{ like: 'iPad?,1' }, 'iPad6,1', true],
    [{ like: 'iPad?,1' }, 'iPad,1', false],
    [{ like: 'iPad?,1' }, 'iPad11,1', false],
    [{ like: '?*?' }, 'a', false],
    [{ like: '?*?' }, 'ab', true],
    [{ like: '*' }, '', true],
    [{ like: '*' }, 'line\nbreak', true],
    // No other character is special
    [{ like: 'a.c+(x)[y]\\d$^|{2}' }, 'A.C+(X)[Y]\\D$^|{2}', true],
    [{ like: 'a.c' }, 'abc', false],
    // Anywhere in the text, case ignored
    [{ matches: 'phone' }, 'My iPhone 14', true],
    [{ matches: '^iPhone(1[0-4])C\\d$' }, 'iphone14c2', true],
    [{ matches: '^iPhone' }, 'my iPhone', false],
    [{ matches: '(?-i)iPhone' }, 'IPHONE', false],
    [{ matches: '^Android 1[01](\\.|$)' }, 'Android 10', true],
    [{ matches: '^Android 1[01](\\.|$)' }, 'Android 12', false],
    [{ matches: '\\p{L}+' }, 'größe', true],
    [{ matches: 'straße' }, 'STRAßE', true],
  ]
  test.each(cases)('%j on %j: %s', (pattern, text, fits) => {
    expect(compilePattern(pattern)(text)).toBe(fits)
  })
})

describe('an expression that does not compile is refused with the reason and the remedy', () => {
  test.each([
    ['(', 'missing closing )'],
    ['[a', 'missing closing ]'],
    ['a**', 'invalid nested repetition operator'],
    ['(?=x)', 'invalid or unsupported Perl syntax'],
    ['(a)\\1', 'invalid escape sequence'],
    ['((a{100}){100}){100}', 'invalid repeat count'],
  ])('%s', (matches, why) => {
    const wanted = new RegExp(
      `^the expression ${escaped(JSON.stringify(matches))} does not compile: ${escaped(why)}.*; write it in the syntax of RE2`,
    )
    expect(() => compilePattern({ matches })).toThrow(expect.objectContaining({ code: 'badRequest' }))
    expect(() => compilePattern({ matches })).toThrow(wanted)
  })
})

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** What each does to an engine that tries one way after the other. */
const pathological: TextPattern[] = [
  { matches: '^(a+)+$' },
  { matches: '(a|a)*b' },
  { matches: '(a|aa)+c$' },
  { matches: '(.*)*x' },
  { matches: '(a*)*(a*)*(a*)*b' },
  { matches: `${'a?'.repeat(30)}${'a'.repeat(30)}b` },
  { like: `${'*a'.repeat(60)}b` },
  { like: `${'a*?'.repeat(60)}b` },
]

/** Milliseconds; the best of some, so that a pause of the machine does not count. */
function time(fits: (text: string) => boolean, text: string): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    fits(text)
    return performance.now() - start
  })
  return Math.min(...times)
}

describe('matching takes time linear in the text', () => {
  test.each(pathological)('%j', (pattern) => {
    const fits = compilePattern(pattern)
    time(fits, 'a'.repeat(1_000))
    const [short, long] = [time(fits, `${'a'.repeat(2_000)}!`), time(fits, `${'a'.repeat(20_000)}!`)]
    // Ten times the text; quadratic would be a hundred times, exponential for ever
    expect(long).toBeLessThan(Math.max(short, 0.5) * 40)
  })

  test('for any pattern of any characters', () => {
    const atom = fc.constantFrom('a', 'b', '.', '(a|b)', '(ab)', '[ab]', '\\w')
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{0,9}')).map(([one, many]) => `(${one}${many})`)
    const expressions = fc
      .tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.constantFrom('', '+', '*'))
      .map(([pieces, many]): TextPattern => ({ matches: `^(${pieces.join('')})${many}c$` }))
    const wildcards = fc
      .array(fc.constantFrom('*', '?', 'a', 'b'), { minLength: 1, maxLength: 60 })
      .map((parts): TextPattern => ({ like: parts.join('') }))
    fc.assert(
      fc.property(fc.oneof(expressions, wildcards), (pattern) => {
        const fits = compilePattern(pattern)
        const start = performance.now()
        fits('ab'.repeat(2_000))
        expect(performance.now() - start).toBeLessThan(1_000)
      }),
      { numRuns: 60 },
    )
  })
})
