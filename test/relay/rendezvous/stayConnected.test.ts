import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../../relay/rendezvous/backoff.ts'
import type { ChannelEnd } from '../../../relay/rendezvous/controlChannel.ts'
import { defaultTimings } from '../../../relay/rendezvous/listenerOptions.ts'
import { stayConnected } from '../../../relay/rendezvous/stayConnected.ts'

const failed = (status?: number): ChannelEnd => ({
  kind: 'failed',
  reason: 'r',
  connectedMs: 0,
  ...(status === undefined ? {} : { status }),
})
const lasted = (connectedMs: number, kind: ChannelEnd['kind'] = 'closed'): ChannelEnd => ({
  kind,
  reason: 'r',
  connectedMs,
})

/** Plays the ends of sessions one after the other and writes down what the loop did. `random` at its top shows the caps. */
async function play(ends: ChannelEnd[], random = 1): Promise<{ delays: number[]; log: string[] }> {
  const stop = new AbortController()
  const left = [...ends]
  const delays: number[] = []
  const log: string[] = []
  await stayConnected(
    {
      session: async (_signal, onConnected) => {
        const end = left.shift() ?? lasted(0)
        if (end.connectedMs > 0) onConnected()
        return end
      },
      timings: defaultTimings,
      random: () => random,
      sleep: async (ms) => {
        delays.push(ms)
        if (left.length === 0) stop.abort()
      },
      log: (level, event) => void log.push(`${level} ${event}`),
      channel: 0,
    },
    stop.signal,
  )
  return { delays, log }
}

describe('the pause before the next dial', () => {
  it.each([
    [0, 1, 1_000],
    [1, 1, 2_000],
    [5, 1, 32_000],
    [6, 1, 60_000],
    [500, 1, 60_000],
    [3, 0, 0],
    [3, 0.25, 2_000],
  ])('after %i earlier failures and random %d is %i ms', (failures, random, expected) => {
    expect(backoffMs(failures, { baseMs: 1_000, capMs: 60_000 }, () => random)).toBe(expected)
  })

  it('doubles up to 60 s while the service cannot be reached', async () => {
    const { delays } = await play(Array.from({ length: 8 }, () => failed(500)))
    expect(delays.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it.each([401, 403, 404])('goes up to 5 min after %i, with an alert each time, and never ends', async (status) => {
    const { delays, log } = await play(Array.from({ length: 12 }, () => failed(status)))
    expect(delays.slice(-3)).toEqual([300_000, 300_000, 300_000])
    expect(new Set(log)).toEqual(new Set(['alert relay.channel.down']))
  })

  it('grows on when connections come up and break at once, and starts anew after a stable minute', async () => {
    const { delays } = await play([lasted(5), lasted(59_999), failed(), lasted(60_000), lasted(5)])
    expect(delays).toEqual([1_000, 2_000, 4_000, 1_000, 2_000])
  })

  it('is none after a connection that we renewed ourselves', async () => {
    const { delays } = await play([failed(), failed(), lasted(50_000_000, 'recycled'), failed()])
    expect(delays).toEqual([1_000, 2_000, 1_000])
  })

  it('spreads many relays that lost the service together', () => {
    let seed = 1
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    const delays = Array.from({ length: 1_000 }, () => backoffMs(6, { baseMs: 1_000, capMs: 60_000 }, random))
    const perSecond = Array.from(
      { length: 60 },
      (_none, second) => delays.filter((ms) => Math.floor(ms / 1_000) === second).length,
    )
    expect(Math.max(...perSecond)).toBeLessThan(40)
  })
})

it('logs the first failure as a warning, the following ones quietly, and the recovery', async () => {
  const { log } = await play([failed(), failed(500), lasted(70_000)])
  expect(log.slice(0, 4)).toEqual([
    'warn relay.channel.down',
    'debug relay.channel.down',
    'info relay.channel.up',
    'warn relay.channel.down',
  ])
})
