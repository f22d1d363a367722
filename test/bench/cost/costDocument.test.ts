/** docs/cost.md says what the committed counts and the committed inputs give, and its inputs are those of the deployment. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { cost, readCounts, withLargest } from '../../../bench/cost/cost.ts'
import { costTables } from '../../../bench/cost/costTables.ts'
import { readInputs } from '../../../bench/cost/inputs.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const file = (name: string) => path.join(root, name)
const read = (name: string) => readFileSync(file(name), 'utf8')
const sizes = withLargest(readCounts(file('docs/cost.counts.json')))
const inputs = readInputs(file('docs/cost.inputs.json'))

describe('each table of docs/cost.md is the calculated one', () => {
  const page = read('docs/cost.md')
  test.each(Object.entries(costTables(sizes, inputs)))('%s', (name, table) => {
    const written = new RegExp(`<!-- ${name} -->\\n+([\\s\\S]*?)\\n\\n`).exec(`${page}\n\n`)?.[1]
    expect(cellsOf(written ?? '')).toEqual(cellsOf(table))
  })
})

test('the sizes are 1,000, 10,000 and 100,000', () => {
  expect(sizes.map(({ devices }) => devices)).toEqual([1_000, 10_000, 100_000])
})

test('the bench calculates the same tables from the counts, without counting', async () => {
  const { text, rows } = await cost({ counts: file('docs/cost.counts.json') })
  const { counted: _, ...tables } = costTables(sizes, inputs)
  expect(text).toBe(Object.values(tables).join('\n\n'))
  expect(rows).toHaveLength(18)
})

describe('inputs that the repository knows are as there', () => {
  test('memory of an instance', () => {
    const [, mb] = /instanceMemoryMB: (\d+)/.exec(read('infra/modules/functionApp.bicep')) ?? []
    expect(inputs.usage.instanceGb).toBe(Number(mb) / 1024)
  })
  test('alert rules by how often they run, for one connector', () => {
    const found = [...read('infra/modules/alerts.bicep').matchAll(/(?:frequency|evaluationFrequency): '(PT\w+)'/g)]
    const often = found.filter(([, every]) => every === 'PT5M').length
    expect([inputs.usage.alertRulesEvery5Minutes, inputs.usage.alertRulesEvery15MinutesOrRarer]).toEqual([
      often,
      found.length - often,
    ])
  })
  test('the host looks at two queues at its longest interval', () => {
    const { extensions } = JSON.parse(read('host.json')) as { extensions: { queues: { maxPollingInterval: string } } }
    const [hours = 0, minutes = 0, seconds = 0] = extensions.queues.maxPollingInterval.split(':').map(Number)
    expect(inputs.usage.queuePollsPerMinute).toBe((2 * 60) / (hours * 3_600 + minutes * 60 + seconds))
  })
  test('how long quick syncs look back', () => {
    const [, minutes] = /overlapMs = (\d+) \* 60_000/.exec(read('functions/sync/changes/readTouched.ts')) ?? []
    expect(inputs.usage.lookBackMinutes).toBe(Number(minutes))
  })
})

/** Prettier aligns columns. */
function cellsOf(table: string): string[][] {
  return table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/-{3,}/, '---')),
  )
}
