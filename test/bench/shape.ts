/** What every bench's result must look like, whatever the machine makes of the figures. */
import { expect } from 'vitest'
import type { BenchResult } from '../../bench/bench.ts'

/** As many rows with these columns, each a number that was measured or a text, and figures of these names. */
export function expectShape(result: BenchResult, expected: { rows: number; columns: string[]; figures: string[] }) {
  expect(result.rows).toHaveLength(expected.rows)
  for (const row of result.rows) {
    expect(Object.keys(row)).toEqual(expected.columns)
    for (const value of Object.values(row)) if (typeof value === 'number') expectMeasured(value)
  }
  expect(result.figures.map(({ name }) => name)).toEqual(expected.figures)
  for (const { value, unit, goal, isReached } of result.figures) {
    expectMeasured(value)
    expect(unit).not.toBe('')
    expect(goal).not.toBe('')
    expect(isReached).toBeTypeOf('boolean')
  }
}

function expectMeasured(value: number) {
  expect(Number.isFinite(value)).toBe(true)
  expect(value).toBeGreaterThan(0)
}
