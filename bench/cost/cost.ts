/** Operations of syncs and timers at 1,000 and 10,000 devices, and what a month of them costs by the prices of docs/cost.inputs.json. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../../sim/local/programFiles.ts'
import { round, type Bench } from '../bench.ts'
import { countCost } from './countCost.ts'
import { extrapolated, type SizeCounts, type SyncCounts } from './counts.ts'
import { costTables } from './costTables.ts'
import { readInputs } from './inputs.ts'

const goal = 1.3
const sizes = [1_000, 10_000] as const
const largest = 100_000

/**
 * `records`: counts this size, too; 100,000 take an hour. `counts`: a file of earlier counts, and nothing is started; `save`: where to write what was counted.
 */
export const cost: Bench = async ({ records, counts, save, inputs }) => {
  const counted = counts === undefined ? await count(records) : readCounts(counts)
  if (save !== undefined) writeFileSync(save, `${JSON.stringify(counted, null, 2)}\n`)
  const all = withLargest(counted)
  const { counted: _, ...tables } = costTables(all, readInputs(inputs ?? path.join(root, 'docs/cost.inputs.json')))
  const [small, large] = all
  const value = round((large?.idle.tableRequests ?? Number.NaN) / (small?.idle.tableRequests ?? Number.NaN), 2)
  const unit = `× the table requests at ${small?.devices.toLocaleString('en-US')} devices`
  return {
    rows: all.flatMap(rowsOf),
    figures: [{ name: 'idle quick sync', value, unit, goal: `at most ${goal}`, isReached: value <= goal }],
    text: Object.values(tables).join('\n\n'),
  }
}

/** The file's sizes, smallest first. */
export function readCounts(file: string): SizeCounts[] {
  return JSON.parse(readFileSync(file, 'utf8')) as SizeCounts[]
}

/** Where the largest size was not counted, it is made of the two largest that were. */
export function withLargest(counted: readonly SizeCounts[]): SizeCounts[] {
  const [small, large] = counted.slice(-2)
  if (!small || !large || large.devices >= largest) return [...counted]
  return [...counted, extrapolated(small, large, largest)]
}

async function count(records: number | undefined): Promise<SizeCounts[]> {
  const wanted = [...new Set([...sizes, ...(records === undefined ? [] : [records])])].toSorted((a, b) => a - b)
  const counted: SizeCounts[] = []
  const onProgress = (what: string) => void process.stderr.write(`counted: ${what}\n`)
  for (const devices of wanted) counted.push(await countCost(devices, { onProgress }))
  return counted
}

function rowsOf(size: SizeCounts): Record<string, string | number>[] {
  const row = (what: string, sync: SyncCounts) => ({ devices: size.devices, how: size.how, what, ...sync })
  return [
    row('first full sync', size.firstFull),
    row('daily full sync', size.full),
    row('quick sync, nothing changed', size.idle),
    row('quick sync, 10 changes', size.busy),
    row('the next quick sync', size.echo),
    row('later ones that look back', size.reread),
  ]
}
