/** The package bench starts the packaged relay itself, once here. */
import { expect, test } from 'vitest'
import { relayPackage } from '../../bench/relayPackage.ts'
import { expectShape } from './shape.ts'

test('gives the start of the packaged relay beside that of Node, its memory and its size', async () => {
  const result = await relayPackage({ rounds: 1 })
  expectShape(result, {
    rows: 3,
    columns: ['what', 'median ms', 'beside node -e 0'],
    figures: ['start of run', 'resident while idle, at most', 'the zip'],
  })
  expect(result.figures[2]?.isReached).toBe(true)
})
