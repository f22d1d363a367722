import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { delayCount, delayOf } from '../../functions/core/delay.ts'
import { addCounts, type Counts } from '../../functions/core/run.ts'

const countsOf = (delaysMs: readonly number[]) =>
  delaysMs.reduce<Counts>((sum, delayMs) => addCounts(sum, { [delayCount(delayMs)]: 1 }), {})

describe('the delay of a run', () => {
  test.each([
    [-5_000, 'delay.le10'],
    [10_000, 'delay.le10'],
    [10_001, 'delay.le30'],
    [60_000, 'delay.le60'],
    [61_000, 'delay.le120'],
    [300_000, 'delay.le300'],
    [300_001, 'delay.more'],
  ])('counts %s ms as %s', (delayMs, name) => {
    expect(delayCount(delayMs)).toBe(name)
  })

  test('is nothing where nothing was measured', () => {
    expect(delayOf({ 'outcome.done': 3 })).toBeNull()
  })

  test('is a distribution with the bucket that half, and nineteen of twenty, are within', () => {
    expect(delayOf(countsOf([...Array.from({ length: 19 }, () => 20_000), 400_000]))).toEqual({
      changes: 20,
      buckets: [
        { upToSeconds: 10, changes: 0 },
        { upToSeconds: 30, changes: 19 },
        { upToSeconds: 60, changes: 0 },
        { upToSeconds: 120, changes: 0 },
        { upToSeconds: 300, changes: 0 },
        { upToSeconds: null, changes: 1 },
      ],
      p50Seconds: 30,
      p95Seconds: 30,
    })
    expect(delayOf(countsOf([5_000, 400_000, 500_000]))).toMatchObject({ p50Seconds: null, p95Seconds: null })
  })

  test('adds up over runs, and its shares are upper ends of what was measured', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(delays, delays, (first, second) => {
        const all = [...first, ...second].toSorted((a, b) => a - b)
        const delay = delayOf(addCounts(countsOf(first), countsOf(second)))
        expect(delay).toEqual(delayOf(countsOf(all)))
        expect(delay?.buckets.reduce((sum, { changes }) => sum + changes, 0)).toBe(all.length)
        for (const [share, seconds] of [
          [0.5, delay?.p50Seconds],
          [0.95, delay?.p95Seconds],
        ] as const) {
          const exactMs = all[Math.ceil(share * all.length) - 1] ?? 0
          expect(exactMs).toBeLessThanOrEqual((seconds ?? Number.POSITIVE_INFINITY) * 1_000)
        }
      }),
    )
  })
})
