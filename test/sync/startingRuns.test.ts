/** Runs that are asked for twice, at the wrong moment, or whose message is lost. */
import { describe, expect, test } from 'vitest'
import type { Ports } from '../../functions/ports.ts'
import { startDue } from '../../functions/sync/startDue.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { startStalePreview } from '../../functions/sync/startStale.ts'
import { syncSoon } from '../../functions/sync/syncSoon.ts'
import { connectorId, fakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

async function company() {
  const { exchange, graph } = staff(2, 2)
  const system = await fakeSystem(exchange, graph, staffPolicy())
  await system.sync('full')
  const runs = async () => (await system.store.runs(connectorId, 99)).map(({ kind, state }) => `${kind} ${state}`)
  return { system, runs }
}

describe('a time of the schedule', () => {
  test.each(['quick', 'full'] as const)('is one %s sync’s, whoever asks for it again', async (kind) => {
    const { system, runs } = await company()
    const slot = '2026-11-21T09:00:00.000Z'
    const ask = async () => startRun(system.ports, { connectorId, kind, askedBy: 'timer', dryRun: false, slot })
    expect((await ask()).how).toBe('started')
    await system.drain()
    // Another instance, whose clock or reading is late
    await ask()
    await system.drain()
    expect((await runs()).filter((one) => one === `${kind} done`)).toHaveLength(kind === 'full' ? 2 : 1)
    expect((await system.store.document(connectorId, 'connector'))?.value.running).toEqual({ full: null, quick: null })
  })
})

test('a search for stale partnerships that lost its message gets it again from the timer', async () => {
  const { system } = await company()
  const id = await startStalePreview(system.ports, connectorId, 90, 'ana')
  system.queue.take()
  system.clock.advance(61_000)
  await startDue(system.ports, 'quick', connectorId)
  await system.drain()
  expect((await system.run(id)).state).toBe('done')
})

test('a quick sync that is to begin after now starts, too, where the one under way ends at that very moment', async () => {
  const { system, runs } = await company()
  await startRun(system.ports, { connectorId, kind: 'quick', askedBy: 'timer', dryRun: false })
  let isEnded = false
  const run: Ports['store']['run'] = async (...which) => {
    const found = await system.store.run(...which)
    if (!isEnded) {
      isEnded = true
      await system.drain()
    }
    return found
  }
  await syncSoon({ ...system.ports, store: { ...system.store, run } }, connectorId, 'ana')
  await system.drain()
  expect((await runs()).filter((one) => one === 'quick done')).toHaveLength(2)
})
