import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultTimings } from '../../../relay/rendezvous/listenerOptions.ts'
import { watchReachability } from '../../../relay/rendezvous/reachability.ts'
import { makeRegistration } from '../../../relay/rendezvous/registration.ts'
import { Bench, until } from '../../contract/rendezvousFixture.ts'

const bench = new Bench()
afterEach(async () => {
  vi.useRealTimers()
  await bench.closeAll()
})

const minute = 60_000
const reported = () => bench.log.filter(({ event }) => event.startsWith('relay.cloud.'))

describe('the cloud side is reported', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-21T12:00:00Z') }))

  function watched() {
    const registration = makeRegistration(Date.now)
    const events: [number, string, Record<string, unknown>][] = []
    const start = Date.now()
    const watch = watchReachability({
      state: registration.state,
      unreachableAfterMs: defaultTimings.unreachableAfterMs,
      now: Date.now,
      log: (level, event, fields) => void events.push([(Date.now() - start) / minute, `${level} ${event}`, fields]),
    })
    watch.update()
    const channel = () => {
      const session = registration.openSession()
      session.up()
      watch.update()
      return () => {
        session.end({ kind: 'closed', reason: 'lost', connectedMs: 1 })
        watch.update()
      }
    }
    const pass = (minutes: number) => vi.advanceTimersByTime(minutes * minute)
    const seen = () => events.map(([at, what]) => `${at} ${what}`)
    return { channel, pass, seen, events, watch }
  }

  it('as unreachable five minutes after the last channel was lost, once, and as reachable when one is back', () => {
    const { channel, pass, seen, events } = watched()
    const lose = [channel(), channel()]
    pass(10)
    lose[0]?.()
    pass(10)
    lose[1]?.()
    pass(60)
    channel()
    channel()
    pass(60)
    expect(seen()).toEqual(['25 alert relay.cloud.unreachable', '80 info relay.cloud.reachable'])
    expect(events[0]?.[2]).toMatchObject({
      since: '2026-11-21T12:20:00.000Z',
      forMs: 5 * minute,
      lastError: { reason: 'lost', at: '2026-11-21T12:20:00.000Z' },
    })
    expect(events[1]?.[2]).toEqual({ afterMs: 60 * minute })
  })

  it('as unreachable when it never was reached', () => {
    const { pass, seen } = watched()
    pass(30)
    expect(seen()).toEqual(['5 alert relay.cloud.unreachable'])
  })

  it('not at all for a loss of less than five minutes', () => {
    const { channel, pass, seen } = watched()
    for (let round = 0; round < 5; round += 1) {
      const lose = channel()
      pass(7)
      lose()
      pass(4.9)
    }
    channel()
    pass(60)
    expect(seen()).toEqual([])
  })

  it('again for each loss', () => {
    const { channel, pass, seen } = watched()
    channel()()
    pass(6)
    channel()()
    pass(6)
    expect(seen()).toHaveLength(3)
  })

  it('not after it was told to stop', () => {
    const { pass, seen, watch } = watched()
    watch.stop()
    pass(60)
    expect(seen()).toEqual([])
  })
})

it('a listener says so by itself, with the reason of the last failure, and says when it is over', async () => {
  const sim = await bench.namespace()
  const listener = bench.listener(sim.address, { channels: 1, timings: { unreachableAfterMs: 100 } })
  await until('it is up', () => listener.state().connected === 1)
  bench.log.length = 0
  sim.faults.refuse({ action: 'listen', status: 401, text: 'InvalidSignature', count: 1_000 })
  sim.faults.closeAfter({ kind: 'control', reason: 'said so' })
  await until('it is reported', () => reported().length === 1)
  expect(reported()[0]).toMatchObject({
    level: 'alert',
    event: 'relay.cloud.unreachable',
    fields: { lastError: { reason: expect.stringMatching(/InvalidSignature|said so/) } },
  })
  sim.faults.clear()
  await until('it is over', () => reported().length === 2)
  expect(reported()[1]).toMatchObject({ level: 'info', event: 'relay.cloud.reachable' })
})

it('a listener that is stopped reports nothing', async () => {
  const sim = await bench.namespace()
  const listener = bench.listener(sim.address, { channels: 1, timings: { unreachableAfterMs: 40 } })
  await until('it is up', () => listener.state().connected === 1)
  bench.log.length = 0
  await listener.drain(0)
  const endsAt = Date.now() + 80
  await until('it would have been due', () => Date.now() > endsAt)
  expect(reported()).toEqual([])
})
