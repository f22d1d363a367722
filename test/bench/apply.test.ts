/** The bench of the apply step runs the whole local system and measures commands that Exchange has seen. */
import { expect, test } from 'vitest'
import { apply } from '../../bench/apply.ts'
import { expectShape } from './shape.ts'

test('measures commands per second, beside the same by hand and the ideal', async () => {
  const result = await apply({ records: 8, rounds: 1, parallel: [4] })
  expectShape(result, {
    rows: 1,
    columns: ['parallel', 'commands', 'easgate/s', 'by hand/s', 'ideal/s', 'of ideal', 'of by hand'],
    figures: ['apply at parallel 4'],
  })
  expect(result.rows[0]).toMatchObject({ parallel: 4, commands: 8, 'ideal/s': 80 })
})
