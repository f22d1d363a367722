/** Counting takes a small company through every sync and tick that the cost table is made of. */
import { expect, test } from 'vitest'
import { countCost } from '../../../bench/cost/countCost.ts'

test('counts each sync and each tick of a timer on the whole system', async () => {
  const progress: string[] = []
  const counts = await countCost(96, { betweenMs: 0, onProgress: (what) => void progress.push(what) })
  expect(counts).toMatchObject({ devices: 96, how: 'counted' })
  for (const name of ['firstFull', 'full', 'idle', 'busy', 'echo', 'reread'] as const) {
    const { queueSent, ...sync } = counts[name]
    for (const [what, count] of Object.entries(sync)) expect([name, what, count > 0]).toEqual([name, what, true])
    expect(sync.invocations).toBe(sync.queueReceived)
    expect(sync.tableOperations).toBeGreaterThanOrEqual(sync.tableRequests)
    // The first message comes from whoever started the run, and one more from whoever approved it
    expect([1, 2]).toContain(sync.queueReceived - queueSent)
  }
  expect(counts.firstFull.relayCommands).toBeGreaterThan(counts.full.relayCommands)
  expect(counts.busy.relayCommands).toBeGreaterThan(counts.echo.relayCommands)
  expect(counts.echo.relayCommands).toBeGreaterThan(counts.idle.relayCommands)
  expect(counts.quickTick).toMatchObject({ queueSent: 1 })
  for (const tick of [counts.quickTick, counts.presenceTick, counts.anchorTick])
    expect(tick.tableRequests).toBeGreaterThan(0)
  expect(progress).toHaveLength(6)
}, 120_000)
