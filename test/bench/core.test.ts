/** The core's bench gives its rows and figures, and counts the records that it was asked for. */
import { expect, test } from 'vitest'
import { core } from '../../bench/core.ts'
import { expectShape } from './shape.ts'

test('decides as many records as it is asked for, beside JSON.parse of the same', async () => {
  const result = await core({ records: 300 })
  expectShape(result, {
    rows: 2,
    columns: ['what', 'records', 'records/s'],
    figures: ['core', 'time beside JSON.parse'],
  })
  expect(result.rows.map((row) => row['records'])).toEqual([300, 300])
})
