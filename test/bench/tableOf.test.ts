/** A bench's result as people see it. */
import { expect, test } from 'vitest'
import { tableOf } from '../../bench/tableOf.ts'

test('aligns the columns, groups thousands, and says of each figure whether it was reached', () => {
  const text = tableOf({
    rows: [
      { what: 'ours', records: 20_000, ms: 12 },
      { what: 'the bare loop', records: 20_000 },
    ],
    figures: [
      { name: 'store', value: 1.25, unit: '× the bare loop', goal: 'at most 1.5', isReached: true },
      { name: 'heap', value: 1_400, unit: 'MB', goal: 'at most 192', isReached: false },
    ],
  })
  expect(text.split('\n')).toEqual([
    '  what           records  ms',
    '  ours           20,000   12',
    '  the bare loop  20,000',
    '  reached  store: 1.25 × the bare loop (goal: at most 1.5)',
    '  MISSED   heap: 1,400 MB (goal: at most 192)',
    '',
  ])
})
