/** How long a change takes to its command, at the default schedule: a quick sync every minute. The clock is the test's. */
import { describe, expect, test } from 'vitest'
import { delayOf } from '../../functions/core/delay.ts'
import type { Run } from '../../functions/core/run.ts'
import { setPin } from '../../functions/sync/pins.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

const minuteMs = 60_000

/** Three people with a compliant phone each, after two quick syncs a minute apart. */
async function synced(): Promise<FakeSystem> {
  const { exchange, graph } = staff(3, 3)
  const system = await fakeSystem(exchange, graph, staffPolicy({ newRecordGraceMinutes: 0 }))
  await system.sync('full', { approve: true })
  for (let round = 0; round < 2; round++) await nextMinute(system)
  return system
}

/** The timer's next quick sync. */
async function nextMinute(system: FakeSystem): Promise<Run> {
  system.clock.advance(minuteMs - (system.clock.now().getTime() % minuteMs))
  const run = await system.sync('quick', { approve: true })
  expect([run.mode, run.state, run.failure]).toEqual(['changes', 'done', null])
  return run
}

function setCompliance({ directory }: FakeSystem, id: string, complianceState: string): void {
  const { managedDevices = [] } = directory.world
  const changed = managedDevices.map((one) => (one.id === id ? { ...one, complianceState } : one))
  directory.world = { ...directory.world, managedDevices: changed }
}

describe('from a change to its command', () => {
  test('a compliance change takes at most two minutes, and the report shows it', async () => {
    const system = await synced()
    for (const [at, [state, list]] of (
      [
        ['noncompliant', 'blocked'],
        ['compliant', 'allowed'],
      ] as const
    ).entries()) {
      // As late as can be: right after a reading began
      system.clock.advance(1_000 + at)
      const changedMs = system.clock.now().getTime()
      setCompliance(system, 'd1', state)
      const run = await nextMinute(system)
      expect(system.exchange.lists('m1')?.[list]).toEqual(['Dev1'])
      expect(system.clock.now().getTime() - changedMs).toBeLessThan(2 * minuteMs)
      const delay = delayOf(run.counts)
      expect(delay?.changes).toBe(run.counts['outcome.done'])
      // Graph says no time: it counts from the reading before, a minute earlier
      expect(run.counts['delay.le120']).toBe(1)
      expect(delay?.p95Seconds).toBe(120)
      const logged = system.log.of('runDone').at(-1)
      expect(logged?.fields['counts']).toMatchObject({ 'delay.le120': 1 })
    }
  })

  test('what Exchange gives a time counts from that time', async () => {
    const system = await synced()
    system.clock.advance(minuteMs - 5_000 - (system.clock.now().getTime() % minuteMs))
    const firstSync = system.clock.now().toISOString()
    system.exchange.state.putDevice({
      Guid: 'r9',
      Mailbox: 'm2',
      DeviceId: 'New9',
      DeviceType: 'iPhone',
      ClientType: 'EAS',
      FirstSyncTime: firstSync,
    })
    const run = await nextMinute(system)
    expect(system.exchange.lists('m2')?.blocked).toEqual(['New9'])
    expect(delayOf(run.counts)).toMatchObject({ changes: 1, p50Seconds: 10 })
  })

  test('a pin counts from when it was set', async () => {
    const system = await synced()
    system.clock.advance(minuteMs - 20_000 - (system.clock.now().getTime() % minuteMs))
    await setPin(system.ports, connectorId, 'm3', { record: 'r3', access: 'block', note: 'lost', until: null })
    expect(delayOf((await nextMinute(system)).counts)).toMatchObject({ changes: 1, p50Seconds: 30 })
  })

  test('of several changes of a mailbox the first counts', async () => {
    const system = await synced()
    setCompliance(system, 'd3', 'noncompliant')
    system.clock.advance(minuteMs - 5_000 - (system.clock.now().getTime() % minuteMs))
    await setPin(system.ports, connectorId, 'm3', { record: 'r3', access: 'block', note: 'lost', until: null })
    expect(delayOf((await nextMinute(system)).counts)).toMatchObject({ changes: 1, p50Seconds: 120 })
  })

  test('a run that reads everything measures nothing, nor does one that sends nothing', async () => {
    const system = await synced()
    setCompliance(system, 'd1', 'noncompliant')
    expect(delayOf((await system.sync('full', { approve: true })).counts)).toBeNull()
    expect(delayOf((await nextMinute(system)).counts)).toBeNull()
  })
})
