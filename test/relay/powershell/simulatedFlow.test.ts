// The relay's command runner over the module in a real PowerShell, on the simulated Exchange: many at once, and much of one.
import { expect, test } from 'vitest'
import { Latency } from '../../../sim/exchange/latency.ts'
import { heapMb } from './heapMb.ts'
import { onPowerShell } from './realPowerShell.ts'
import { people, startSimulatedRelay } from './simulatedExchange.ts'

/** Cmdlets that take time end only when so many of them run at the same time. */
class Meeting extends Latency {
  private readonly size: number
  private leave: (() => void)[] = []
  /** Cmdlets that ran at the same time, at most. */
  most = 0
  private running = 0

  constructor(size: number) {
    super()
    this.size = size
  }

  override async wait(): Promise<void> {
    this.running += 1
    this.most = Math.max(this.most, this.running)
    await new Promise<void>((resolve) => {
      this.leave.push(resolve)
      if (this.leave.length === this.size) for (const go of this.leave.splice(0)) go()
    })
    this.running -= 1
  }
}

onPowerShell(() => {
  test.each([1, 4, 15])('with %i sessions as many commands run at once, and no more', async (parallel) => {
    const meeting = new Meeting(parallel)
    const faults = { latencyMs: { 'Get-ExchangeServer': 1 } }
    const relay = await startSimulatedRelay({ parallel, latency: meeting, faults })
    const commands = Array.from({ length: parallel * 3 }, async () => relay.run('Get-ExchangeServer', {}, ['Name']))
    expect((await Promise.all(commands)).map(({ rows }) => rows)).toEqual(commands.map(() => [{ Name: 'EX1' }]))
    expect(meeting.most).toBe(parallel)
    await relay.close()
  })

  test('50,000 records pass at the pace of their reader, and none of them stays', async () => {
    const total = 50_000
    // Of each record only this much: what the simulated Exchange costs is not the matter here
    const returns = ['Guid', 'DeviceId', 'DeviceUserAgent']
    const relay = await startSimulatedRelay({ world: people(total), prints: returns })
    const heaps: number[] = []
    let rows = 0
    let isHeld = false
    const onRow = ({ DeviceId }: Record<string, unknown>) => {
      if (DeviceId !== `ID${rows}`) throw new Error(`ID${rows} is missing before ${String(DeviceId)}`)
      rows += 1
      if (rows % 10_000 !== 0) return
      heaps.push(heapMb())
      isHeld = true
      setTimeout(() => {
        isHeld = false
        relay.runner.wake()
      }, 20)
    }
    const changes = { returns, onRow, isHeld: () => isHeld }
    const outcome = await new Promise((onDone) => {
      relay.start('Get-MobileDevice', { ResultSize: 'Unlimited' }, { ...changes, onDone })
    })
    expect([outcome, rows]).toEqual([expect.objectContaining({ ok: true }), total])
    // All rows together are 8 MB of text; the simulated Exchange, in this process too, does not change
    expect(Math.max(...heaps) - Math.min(...heaps)).toBeLessThan(5)
    await relay.close()
  })
})
