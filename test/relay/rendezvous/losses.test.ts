/** What took listeners of other vendors down for good (facts/azure-relay-protocol.md 10), each made to happen here. checklist.md lists them. */
import { Agent } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import type { ChannelEnd } from '../../../relay/rendezvous/controlChannel.ts'
import type { Listener } from '../../../relay/rendezvous/listen.ts'
import { defaultTimings } from '../../../relay/rendezvous/listenerOptions.ts'
import { stayConnected } from '../../../relay/rendezvous/stayConnected.ts'
import { Bench, listenTokens, nextText, until } from '../../contract/rendezvousFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

const up = async (listener: Listener, connected = 2): Promise<void> =>
  until(`${connected} channels are up`, () => listener.state().connected === connected)

describe('a listener that the service lost without a word', () => {
  it('while its pings are answered and its renewals are taken is registered anew when the channel is renewed', async () => {
    const sim = await bench.namespace()
    // Due at once, but the first channel waits for the second: see 'renews channels by itself' in listen.test.ts
    const listener = bench.listener(sim.address, { random: () => 0, timings: { recycleAfterMs: 200, staggerMs: 20 } })
    await up(listener)
    expect(sim.faults.forgetListeners()).toBeGreaterThan(0)
    expect([sim.state().listeners['exchange'], listener.state().connected]).toEqual([0, 2])
    await until('the service knows one again', () => (sim.state().listeners['exchange'] ?? 0) > 0)
    const socket = await bench.sender(sim.address)
    socket.send('back')
    expect(await nextText(socket)).toBe('back')
  })

  it('is no longer believed in after at most 22 hours, before the service restarts it after 24', () => {
    expect(defaultTimings.recycleAfterMs).toBeLessThanOrEqual(22 * 3_600_000)
  })
})

describe('the restart that the service makes every 24 hours', () => {
  it('of one channel and then of the other never leaves a sender without a relay', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await up(listener)
    for (let round = 0; round < 4; round += 1) {
      sim.faults.closeAfter({ kind: 'control', count: 1, reason: 'InternalServerError: NameRenewalFailed' })
      const socket = await bench.sender(sim.address)
      socket.send('during')
      expect(await nextText(socket)).toBe('during')
      await until(
        'it has noticed',
        () => bench.log.filter(({ event }) => event === 'relay.channel.down').length > round,
      )
      await up(listener)
    }
    expect(bench.log.find(({ event }) => event === 'relay.channel.down')?.fields).toMatchObject({ code: 1011 })
  })

  it('does not hit both at once: the second dials a while after the first', async () => {
    const sim = await bench.namespace()
    let dials = 0
    const tokenProvider: typeof listenTokens = async (resource) => {
      dials += 1
      return listenTokens(resource)
    }
    const listener = bench.listener(sim.address, { tokenProvider, timings: { staggerMs: 3_600_000 } })
    await up(listener, 1)
    const socket = await bench.sender(sim.address)
    socket.send('one is enough')
    expect(await nextText(socket)).toBe('one is enough')
    expect([dials, listener.state()]).toMatchObject([1, { connected: 1, channels: 2 }])
    expect(defaultTimings.staggerMs).toBeGreaterThan(0)
  })
})

it('a name that cannot be resolved is tried for ever, and the listener is there when DNS is back', async () => {
  const sim = await bench.namespace()
  let lookups = 0
  const lookup = (_host: string, options: { all?: boolean }, done: (...given: unknown[]) => void): void => {
    lookups += 1
    if (lookups <= 6) return done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
    else done(null, '127.0.0.1', 4)
  }
  const agent = new Agent(Object(Object.fromEntries([['lookup', lookup]])))
  const listener = bench.listener(sim.address.replace('127.0.0.1', 'localhost'), {
    agent,
    channels: 1,
    tokenProvider: async () => listenTokens('http://localhost/exchange/'),
  })
  await up(listener, 1)
  const downs = bench.log.filter(({ event }) => event === 'relay.channel.down')
  expect(downs).toHaveLength(6)
  expect(downs[0]?.fields).toMatchObject({ reason: expect.stringContaining('ENOTFOUND'), remedy: expect.any(String) })
})

it('a service that closes channels for a ping (one report of 2019) keeps those that only say that they live', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false })
  bench.onClose(() => server.close())
  let pongs = 0
  server.on('connection', (socket) => {
    bench.onClose(() => socket.terminate())
    socket.on('ping', () => socket.close(1011, 'no pings please')).on('pong', () => (pongs += 1))
  })
  await once(server, 'listening')
  const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/$hc/exchange`
  const timings = { pingIntervalMs: 20, pongGraceMs: 20 }
  const pinging = bench.listener(address, { channels: 1, ping: 'ping', timings })
  await until('it was closed', () => pinging.state().lastError?.reason === 'no pings please')
  await pinging.drain(0)
  const quiet = bench.listener(address, { channels: 1, ping: 'pong', timings })
  await until('it has said three times that it lives', () => pongs >= 3)
  expect(quiet.state()).toMatchObject({ connected: 1 })
  expect(quiet.state()).not.toHaveProperty('lastError')
})

type Played = () => { end: ChannelEnd; lastsMs: number }

/** Plays one channel for hours on a clock of its own; gives when it dialled, in ms. */
async function dialsIn(hours: number, session: Played, random: () => number): Promise<number[]> {
  const stop = new AbortController()
  const dials: number[] = []
  let nowMs = 0
  await stayConnected(
    {
      session: async () => {
        dials.push(nowMs)
        const { end, lastsMs } = session()
        nowMs += lastsMs
        return end
      },
      timings: defaultTimings,
      random,
      sleep: async (ms) => {
        nowMs += ms
        if (nowMs > hours * 3_600_000) stop.abort()
      },
      log: () => {},
      channel: 0,
    },
    stop.signal,
  )
  return dials
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

describe('no reconnect storm', () => {
  const refused = (status?: number): { end: ChannelEnd; lastsMs: number } => ({
    end: { kind: 'failed', reason: 'r', connectedMs: 0, ...(status !== undefined && { status }) },
    lastsMs: 0,
  })
  const flapping = { end: { kind: 'closed', reason: 'r', connectedMs: 59_000 } as const, lastsMs: 59_000 }
  const brief = { end: { kind: 'closed', reason: 'r', connectedMs: 1 } as const, lastsMs: 1 }

  // Full jitter waits half of its cap on average: a day of 60 s caps has 2,880 tries, one of 5 min caps 576
  it.each([
    ['refused at once, whatever the reason', () => refused(500), 30, 3_300],
    ['refused with 401', () => refused(401), 30, 700],
    ['let in and dropped at once', () => brief, 30, 3_300],
    ['let in and dropped each minute', () => flapping, 30, 1_600],
  ])('when it is %s: few dials in the first minute, few in a day, for any luck', async (_name, session, first, day) => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const dials = await dialsIn(24, session, randomFrom(seed * 7_919))
      expect(dials.filter((at) => at < 60_000).length).toBeLessThan(first)
      expect(dials.length).toBeLessThan(day)
      expect(dials.length).toBeGreaterThan(day / 3)
    }
  })

  it('of a hundred relays that lost the service together, each second sees a few', async () => {
    const all = await Promise.all(
      Array.from({ length: 100 }, async (_none, relay) =>
        dialsIn(1, () => refused(503), randomFrom((relay + 1) * 104_729)),
      ),
    )
    const perSecond = new Map<number, number>()
    for (const at of all.flat()) perSecond.set(Math.floor(at / 1_000), (perSecond.get(Math.floor(at / 1_000)) ?? 0) + 1)
    const settled = [...perSecond].filter(([second]) => second > 300).map(([, count]) => count)
    expect(Math.max(...settled)).toBeLessThan(25)
  })
})
