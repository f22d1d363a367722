import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { sasTokenProvider } from '../../../protocol/rendezvous.ts'
import type { ConversationInfo } from '../../../relay/rendezvous/listenerOptions.ts'
import type { Faults } from '../../../sim/rendezvous/faults.ts'
import { listen, type Listener } from '../../../relay/rendezvous/listen.ts'
import {
  Bench,
  echo,
  handshake,
  listenRule,
  listenTokens,
  nextClose,
  nextText,
  refusal,
  sendRule,
  tokenFor,
  until,
} from '../../contract/rendezvousFixture.ts'
import { testCertificate, testCertificateKey } from '../../contract/rendezvousTls.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

const up = async (listener: Listener, connected = 2): Promise<void> =>
  until(`${connected} channels are up`, () => listener.state().connected === connected)
const logged = (event: string): Record<string, unknown> | undefined =>
  bench.log.find((line) => line.event === event)?.fields
const levels = (event: string): string[] => bench.log.filter((line) => line.event === event).map((line) => line.level)
const dialSender = async (address: string, protocols = ['easgate.v1'], headers = {}): ReturnType<typeof handshake> =>
  handshake(`${address}?sb-hc-action=connect`, { token: tokenFor(sendRule), protocols, headers })

async function roundTrip(socket: WebSocket, text: string): Promise<void> {
  socket.send(text)
  expect(await nextText(socket)).toBe(text)
}

describe('staying connected', () => {
  it('detects a control channel that is up and silent, and dials anew', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { channels: 1, timings: { pingIntervalMs: 30, pongGraceMs: 30 } })
    await up(listener, 1)
    sim.faults.blackHole({ kind: 'control' })
    await until('it has noticed', () => listener.state().lastError !== undefined)
    expect(listener.state().lastError).toMatchObject({ reason: expect.stringContaining('after a ping') })
    await up(listener, 1)
    await roundTrip(await bench.sender(sim.address), 'back')
  })

  it('keeps a channel whose pings are answered', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { channels: 1, timings: { pingIntervalMs: 20, pongGraceMs: 150 } })
    await up(listener, 1)
    const since = listener.state().since
    const endsAt = Date.now() + 400
    await until('two pings are judged', () => Date.now() > endsAt)
    expect(listener.state()).toMatchObject({ connected: 1, since })
  })

  it('loses no conversation when one of two channels is killed, and has two again soon', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await up(listener)
    const before = await bench.sender(sim.address)
    for (let round = 0; round < 5; round += 1) {
      sim.faults.killSockets({ kind: 'control', count: 1, how: 'rst' })
      await roundTrip(await bench.sender(sim.address), 'during')
      await roundTrip(before, 'before')
      await up(listener)
    }
    expect(listener.state().conversations).toBe(6)
  })

  it.each([1001, 1008, 1011])('comes back after a close with %i', async (code) => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { channels: 1 })
    await up(listener, 1)
    sim.faults.closeAfter({ kind: 'control', code, reason: 'said so' })
    await until('it has noticed', () => listener.state().lastError?.code === code)
    await up(listener, 1)
    expect(logged('relay.channel.down')).toMatchObject({ kind: 'closed', code, reason: 'said so' })
  })

  it.each([
    [500, 'warn'],
    [401, 'alert'],
    [404, 'alert'],
  ])('comes back after being refused with %i, logged as %s with TrackingId', async (status, level) => {
    const sim = await bench.namespace()
    sim.faults.refuse({ action: 'listen', status, count: 2 })
    const listener = bench.listener(sim.address, { channels: 1 })
    await up(listener, 1)
    expect(levels('relay.channel.down')[0]).toBe(level)
    expect(logged('relay.channel.down')).toMatchObject({
      kind: 'failed',
      status,
      trackingId: expect.stringMatching(/.{30}/),
    })
    expect(logged('relay.channel.up')).toMatchObject({ afterFailures: 2 })
  })

  it('gives up a handshake that gets no answer, and tries again', async () => {
    const sim = await bench.namespace()
    sim.faults.stallUpgrade({ action: 'listen' })
    const listener = bench.listener(sim.address, { channels: 1, timings: { handshakeTimeoutMs: 50 } })
    await up(listener, 1)
    expect(logged('relay.channel.down')).toMatchObject({ reason: 'no answer to the handshake in 50 ms' })
  })

  it('waits for a service that is not there yet, without a storm', async () => {
    const first = await bench.namespace()
    await first.close()
    let dials = 0
    const listener = bench.listener(first.address, {
      channels: 1,
      random: () => 1,
      tokenProvider: async (resource) => {
        dials += 1
        return listenTokens(resource)
      },
    })
    await until('it has tried three times', () => dials === 3)
    expect(listener.state()).toMatchObject({
      connected: 0,
      lastError: { reason: expect.stringContaining('ECONNREFUSED') },
    })
    await bench.namespace({ port: first.port })
    await up(listener, 1)
    expect(dials).toBeLessThan(8)
  })

  it('survives a token provider that fails or hangs', async () => {
    const sim = await bench.namespace()
    let calls = 0
    const listener = bench.listener(sim.address, {
      channels: 1,
      timings: { handshakeTimeoutMs: 40 },
      tokenProvider: async (resource) => {
        calls += 1
        if (calls === 1) throw new Error('vault is down')
        if (calls === 2) return new Promise(() => {})
        if (calls === 3) return { token: 'old', expiresAt: 1 }
        return listenTokens(resource)
      },
    })
    await up(listener, 1)
    expect(
      bench.log.filter((line) => line.event === 'relay.channel.down').map((line) => line.fields['reason']),
    ).toEqual([
      'vault is down',
      'the token provider gave nothing in 40 ms',
      "the token provider gave an expired token; check this machine's clock",
    ])
  })

  it('renews channels by itself, never both at once even if both are due, and without a pause', async () => {
    const sim = await bench.namespace()
    const connectedAtDial: number[] = []
    const listener = bench.listener(sim.address, {
      random: () => 0,
      timings: { recycleAfterMs: 40, backoffBaseMs: 1_000_000, backoffCapMs: 1_000_000 },
      tokenProvider: async (resource) => {
        connectedAtDial.push(listener.state().connected)
        return listenTokens(resource)
      },
    })
    await until('each was renewed', () => connectedAtDial.length >= 10)
    expect(connectedAtDial.slice(2)).toEqual(connectedAtDial.slice(2).map(() => 1))
    expect(levels('relay.channel.down')).toEqual([])
  })

  it('does not renew a channel that is the only one', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { channels: 1, timings: { recycleAfterMs: 20 } })
    await up(listener, 1)
    const { since } = listener.state()
    const endsAt = Date.now() + 100
    await until('it would have been due', () => Date.now() > endsAt)
    expect(listener.state()).toMatchObject({ connected: 1, since })
  })
})

/** A made-up JWT that carries its end in milliseconds, since SAS tokens know whole seconds only. */
const endOfJwt = (jwt: string): { expiresAt: number } => ({ expiresAt: Number(jwt.split('.')[1]) })

describe('the token', () => {
  it('is renewed on the channel before it ends, and the channel lives on', async () => {
    const sim = await bench.namespace({ acceptJwt: endOfJwt })
    const ends: number[] = []
    const listener = bench.listener(sim.address, {
      channels: 1,
      tokenProvider: async () => {
        const expiresAt = Date.now() + 400
        ends.push(expiresAt)
        return { token: `eyJ.${expiresAt}.x`, expiresAt }
      },
    })
    await up(listener, 1)
    const { since } = listener.state()
    await until('the second token is over', () => Date.now() > (ends[1] ?? Infinity) + 50)
    expect(listener.state()).toMatchObject({ connected: 1, since })
    expect(levels('relay.channel.down')).toEqual([])
  })

  it('whose renewal the service refuses costs the channel (1008), which is dialled with a fresh one', async () => {
    const sim = await bench.namespace()
    let calls = 0
    const listener = bench.listener(sim.address, {
      channels: 1,
      timings: { renewAtShare: 0.01 },
      tokenProvider: async () => {
        calls += 1
        const expiresAt = Date.now() + 60_000
        if (calls === 1) return { token: tokenFor(listenRule), expiresAt: Date.now() + 1_000 }
        return { token: calls === 2 ? 'nonsense' : tokenFor(listenRule), expiresAt }
      },
    })
    await until('the renewal was refused', () => listener.state().lastError?.code === 1008)
    await up(listener, 1)
    expect(calls).toBe(3)
  })

  it('of a channel that is gone is no longer renewed', async () => {
    const sim = await bench.namespace({ acceptJwt: endOfJwt })
    let calls = 0
    const firstDueAt = Date.now() + 300
    const listener = bench.listener(sim.address, {
      channels: 1,
      timings: { renewAtShare: 0.5 },
      tokenProvider: async () => {
        calls += 1
        const expiresAt = Date.now() + (calls === 1 ? 600 : 60_000)
        return { token: `eyJ.${expiresAt}.x`, expiresAt }
      },
    })
    await up(listener, 1)
    sim.faults.killSockets({ kind: 'control' })
    await until('it has dialled anew', () => calls === 2)
    await until('the first renewal would have been due', () => Date.now() > firstDueAt + 100)
    expect(calls).toBe(2)
  })

  it('that cannot be renewed makes the listener dial anew before it ends', async () => {
    const sim = await bench.namespace()
    let calls = 0
    const listener = bench.listener(sim.address, {
      channels: 1,
      timings: { renewAtShare: 0.1, giveUpAtShare: 0.2 },
      tokenProvider: async () => {
        calls += 1
        if (calls > 1 && listener.state().lastError === undefined) throw new Error('vault is down')
        return { token: tokenFor(listenRule), expiresAt: Date.now() + (calls === 1 ? 500 : 60_000) }
      },
    })
    await until('it has given up', () => listener.state().lastError?.reason === 'the token could not be renewed')
    await up(listener, 1)
    expect(logged('relay.token.notRenewed')).toMatchObject({ problem: 'vault is down' })
  })

  it('appears in no log line and no state', async () => {
    const sim = await bench.namespace()
    sim.faults.refuse({ action: 'listen', status: 401, text: `bad ${tokenFor(listenRule)}` })
    const listener = bench.listener(sim.address, { subprotocol: 'other' })
    await up(listener)
    await dialSender(sim.address)
    await listener.drain(100)
    expect(bench.log.length).toBeGreaterThan(2)
    expect(JSON.stringify([bench.log, listener.state()])).not.toMatch(/sig=(?!\*\*\*)/)
  })
})

describe('a conversation', () => {
  it('knows its id, the sub-protocol and the sender’s own headers, but no credentials', async () => {
    const sim = await bench.namespace()
    const seen: ConversationInfo[] = []
    const listener = bench.listener(sim.address, { onConversation: (_socket, info) => void seen.push(info) })
    await up(listener)
    await dialSender(sim.address, ['other', 'easgate.v1'], { 'X-Run': '7', Authorization: 'Bearer x' })
    await until('it is there', () => seen.length === 1)
    expect(seen).toEqual([{ id: expect.stringMatching(/_G\d+_/), protocol: 'easgate.v1', headers: { 'x-run': '7' } }])
  })

  it.each([[['other']], [[]]])('is refused with 400 to a sender that offers %j', async (protocols) => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await up(listener)
    expect(await dialSender(sim.address, protocols)).toMatchObject({
      status: 400,
      reason: expect.stringContaining('easgate.v1'),
    })
  })

  it('loses no message that the sender sends at once', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await up(listener)
    for (let index = 0; index < 20; index += 1) {
      const answer = await dialSender(sim.address)
      if (!('socket' in answer)) throw new Error('refused')
      await roundTrip(answer.socket, `first ${index}`)
      answer.socket.close()
    }
  })

  it('beyond the bound is refused with 503 at once, and there is room again when one ends', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { maxConversations: 2 })
    await up(listener)
    const [first] = [await bench.sender(sim.address), await bench.sender(sim.address)]
    expect(await dialSender(sim.address)).toMatchObject({
      status: 503,
      reason: expect.stringContaining('busy: 2 conversations'),
    })
    first?.close()
    await until('one has ended', () => listener.state().conversations === 1)
    await roundTrip(await bench.sender(sim.address), 'room')
  })

  it('whose accept hangs delays no other, is dropped in time and frees its place', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { maxConversations: 2, timings: { acceptTimeoutMs: 100 } })
    await up(listener)
    sim.faults.stallUpgrade({ action: 'accept' })
    const stalled = dialSender(sim.address)
    await until('it hangs', () => listener.state().conversations === 1)
    await roundTrip(await bench.sender(sim.address), 'past it')
    await until('it is dropped', () => listener.state().conversations === 1)
    expect(logged('relay.conversation.notJoined')).toMatchObject({ timedOut: true })
    await Promise.all([sim.close(), stalled.catch(() => 'ended')])
  })

  it.each(['expired', 'duplicate'] as const)('with an accept that is %s does no harm', async (fault) => {
    const sim = await bench.namespace({ acceptTimeoutMs: fault === 'expired' ? 500 : 30_000 })
    const listener = bench.listener(sim.address)
    await up(listener)
    sim.faults.spoilAccept({ fault })
    const answer = await dialSender(sim.address)
    expect(answer).toMatchObject(fault === 'expired' ? { status: 504 } : { socket: {} })
    await until('it is logged', () => logged('relay.conversation.notJoined') !== undefined)
    expect(logged('relay.conversation.notJoined')).toMatchObject({ status: 403 })
    await roundTrip(await bench.sender(sim.address), 'next')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('handler broke')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('handler broke'))],
  ])('whose handler %s is closed with 1011, alone', async (_name, broken) => {
    const sim = await bench.namespace()
    let isFirst = true
    const listener = bench.listener(sim.address, {
      onConversation: (socket) => {
        if (!isFirst) return echo(socket)
        isFirst = false
        return broken()
      },
    })
    await up(listener)
    const socket = await bench.sender(sim.address)
    expect(await nextClose(socket)).toEqual({ code: 1011, reason: 'internal error' })
    expect(levels('relay.conversation.fault')).toEqual(['alert'])
    await roundTrip(await bench.sender(sim.address), 'next')
  })

  it('that sends more than a message may hold is closed, alone', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { maxPayloadBytes: 1_000 })
    await up(listener)
    const [one, two] = [await bench.sender(sim.address), await bench.sender(sim.address)]
    one.send(Buffer.alloc(1_001))
    expect(await nextClose(one)).toMatchObject({ code: 1009 })
    await roundTrip(two, 'fine')
  })

  it('whose line goes silent is ended, so that it cannot hold a place for ever', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { timings: { pingIntervalMs: 30, pongGraceMs: 100 } })
    await up(listener)
    await bench.sender(sim.address)
    await until('it is open', () => listener.state().conversations === 1)
    sim.faults.blackHole({ kind: 'listener' })
    await until('it is gone', () => listener.state().conversations === 0)
    expect(levels('relay.conversation.dead')).toEqual(['warn'])
  })
})

describe('the control channel’s messages', () => {
  it('that are garbage or unknown do no harm', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await up(listener)
    for (const text of [
      'garbage',
      '{"accept":{}}',
      '{"request":{"id":"1"}}',
      '[]',
      '{"accept":{"address":"wss://","id":"x"}}',
    ]) {
      sim.faults.sendControl({ text })
    }
    await roundTrip(await bench.sender(sim.address), 'still fine')
    expect(listener.state().connected).toBe(2)
  })

  it('never lead the relay to another host', async () => {
    const sim = await bench.namespace({ gateway: { host: 'localhost' }, acceptTimeoutMs: 100 })
    const strict = bench.listener(sim.address)
    await up(strict)
    expect(await dialSender(sim.address)).toMatchObject({ status: 504 })
    expect(levels('relay.accept.foreign')).toEqual(['alert'])
    expect(logged('relay.accept.foreign')).toMatchObject({ problem: 'its host localhost is not under 127.0.0.1' })
    await strict.drain(0)
    const other = await bench.namespace({ gateway: { host: 'localhost' } })
    const open = bench.listener(other.address, { allowedHostSuffix: 'localhost' })
    await up(open)
    await roundTrip(await bench.sender(other.address), 'through the gateway')
  })
})

describe('drain', () => {
  it('takes no new sender, lets open conversations finish, and then resolves', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await up(listener)
    const socket = await bench.sender(sim.address)
    let isDrained = false
    const drained = listener.drain(10_000).then(() => (isDrained = true))
    await until('no channel is left', () => sim.state().listeners['exchange'] === 0)
    expect(await dialSender(sim.address)).toMatchObject({ status: 404 })
    await roundTrip(socket, 'still talking')
    expect(isDrained).toBe(false)
    socket.close(1000, 'done')
    await drained
    expect(listener.state()).toMatchObject({ connected: 0, conversations: 0 })
  })

  it('closes with 1001 what does not finish in time', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await up(listener)
    const closed = nextClose(await bench.sender(sim.address))
    await listener.drain(20)
    expect(await closed).toEqual({ code: 1001, reason: 'the relay stops' })
  })

  it('is not held up by dead lines', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { timings: { closeTimeoutMs: 50 } })
    await up(listener)
    await bench.sender(sim.address)
    sim.faults.blackHole({ kind: 'all' })
    await listener.drain(20)
    expect(listener.state()).toMatchObject({ connected: 0, conversations: 0 })
  })

  it.each([
    ['a handshake', (sim: { faults: Faults }) => sim.faults.stallUpgrade({ action: 'listen', count: 9 }), listenTokens],
    ['a token', () => {}, async () => new Promise<never>(() => {})],
  ])('is not held up by %s that never comes', async (_name, stall, tokenProvider) => {
    const sim = await bench.namespace()
    stall(sim)
    let asked = 0
    const listener = bench.listener(sim.address, {
      channels: 1,
      tokenProvider: async (resource) => {
        asked += 1
        return tokenProvider(resource)
      },
    })
    await until('it dials', () => asked === 1)
    const started = Date.now()
    await listener.drain(0)
    expect(Date.now() - started).toBeLessThan(1_000)
    expect(levels('relay.channel.down')).toEqual([])
  })

  it('ends a listener that is waiting for its next try', async () => {
    const sim = await bench.namespace()
    await sim.close()
    const listener = bench.listener(sim.address, {
      random: () => 1,
      timings: { backoffBaseMs: 1_000_000, backoffCapMs: 1_000_000 },
    })
    await until('it waits', () => levels('relay.channel.down').length === 2)
    await listener.drain(0)
  })
})

it('dials control channels and conversations through the agent it is given, as a proxy needs', async () => {
  const sim = await bench.namespace()
  let connections = 0
  const agent = new Agent()
  const plain = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    connections += 1
    return plain(options, callback)
  }
  const listener = bench.listener(sim.address, { channels: 1, agent })
  await up(listener, 1)
  const socket = await bench.sender(sim.address)
  await roundTrip(socket, 'hi')
  expect(connections).toBe(2)
})

describe('over TLS, as at Azure', () => {
  const tls = { key: testCertificateKey, cert: testCertificate }

  it('talks, judges the liveness of lines that live, and ends those that went silent', async () => {
    const sim = await bench.namespace({ tls, gateway: { host: 'localhost' } })
    const agent = new TlsAgent({ ca: testCertificate })
    const listener = bench.listener(sim.address, {
      agent,
      allowedHostSuffix: 'localhost',
      timings: { pingIntervalMs: 30, pongGraceMs: 150 },
    })
    await up(listener)
    const { since } = listener.state()
    const socket = await bench.sender(sim.address, { agent, liveness: { intervalMs: 30, graceMs: 150 } })
    const endsAt = Date.now() + 500
    await until('pings were judged', () => Date.now() > endsAt)
    await roundTrip(socket, 'hi')
    expect(listener.state()).toMatchObject({ connected: 2, conversations: 1, since })
    const closed = nextClose(socket)
    sim.faults.blackHole({ kind: 'data' })
    expect(await closed).toMatchObject({ code: 1006 })
    await until('the relay noticed too', () => listener.state().conversations === 0)
  })

  it('trusts no unknown certificate', async () => {
    const sim = await bench.namespace({ tls })
    bench.listener(sim.address, { channels: 1 })
    await until('it is logged', () => logged('relay.channel.down') !== undefined)
    expect(logged('relay.channel.down')).toMatchObject({ reason: expect.stringMatching(/self.signed/i) })
  })
})

it.each([
  [{ channels: 0 }, 'channels is 0'],
  [{ channels: 26 }, 'channels is 26'],
  [{ maxConversations: 0 }, 'maxConversations is 0'],
  [{ address: 'wss://ns/exchange' }, 'cannot be used'],
])('refuses %j at once, since it can never work', (wrong, why) => {
  const start = (): Listener =>
    listen({
      address: 'wss://ns.servicebus.windows.net/$hc/x',
      tokenProvider: listenTokens,
      maxConversations: 1,
      onConversation: echo,
      log: () => {},
      ...wrong,
    })
  expect(start).toThrow(why)
})

it('refuses a wrong key with 401 and says what to do', async () => {
  const sim = await bench.namespace()
  expect(
    await refusal(`${sim.address}?sb-hc-action=listen`, { token: tokenFor({ ...listenRule, key: 'other' }) }),
  ).toMatchObject({ status: 401 })
  bench.listener(sim.address, {
    tokenProvider: sasTokenProvider({ keyName: listenRule.name, key: 'other' }),
    channels: 1,
  })
  await until('it is logged', () => logged('relay.channel.down') !== undefined)
  expect(logged('relay.channel.down')).toMatchObject({ status: 401, remedy: expect.stringContaining('clock') })
})
