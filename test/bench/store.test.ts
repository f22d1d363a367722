/** The store's bench gathers and decides on a real Azurite, and its bare loop writes as many rows. */
import { expect, test } from 'vitest'
import { store } from '../../bench/store.ts'
import { expectShape } from './shape.ts'

test('measures a gathering and the bare loop over the same rows', async () => {
  const result = await store({ records: 60, rounds: 1 })
  expectShape(result, { rows: 2, columns: ['what', 'records', 'rows written', 'ms', 'CPU ms'], figures: ['store'] })
  const [ours, bare] = result.rows.map((row) => row['rows written'])
  expect(ours).toBe(bare)
  // Every record twice, staged and stored, or at least once where staged lines share a row
  expect(ours).toBeGreaterThan(60)
})
