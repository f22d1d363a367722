/** The memory bench reads the heaps of real processes under their limits, at two sizes. */
import { expect, test } from 'vitest'
import { memory } from '../../bench/memory.ts'
import { expectShape } from './shape.ts'

test('gives the heaps of the Functions process and the relay at a size and at a quarter of it', async () => {
  const result = await memory({ records: 200 })
  expectShape(result, {
    rows: 2,
    columns: ['records', 'full sync', 'Functions MB', 'relay MB'],
    figures: ['limits of 192 and 64 MB', 'Functions heap, large beside small'],
  })
  expect(result.rows.map((row) => row['full sync'])).toEqual(['done', 'done'])
  expect(Number(result.rows[1]?.['records'])).toBeGreaterThan(Number(result.rows[0]?.['records']))
  expect(result.figures[0]?.isReached).toBe(true)
})
