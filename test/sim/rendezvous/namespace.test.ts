import { once } from 'node:events'
import { connect as dialTcp } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { RendezvousOptions } from '../../../sim/rendezvous/rendezvousOptions.ts'
import type { Rendezvous } from '../../../sim/rendezvous/startRendezvous.ts'
import {
  Bench,
  bytesOf,
  handshake,
  listenRule,
  nextClose,
  nextText,
  opened,
  refusal,
  sendRule,
  tokenFor,
  until,
} from '../../contract/rendezvousFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

type Accept = {
  accept: { address: string; id: string; connectHeaders: Record<string, string>; remoteEndpoint: unknown }
}

function readAccept(text: string): Accept['accept'] {
  const message: Accept = JSON.parse(text)
  return message.accept
}

/** A namespace with one plain listener on its control channel. */
async function withListener(options: Partial<RendezvousOptions> = {}) {
  const sim = await bench.namespace(options)
  const control = await opened(`${sim.address}?sb-hc-action=listen`, { token: tokenFor(listenRule) })
  const dialSender = async (suffix = '', more: Parameters<typeof handshake>[1] = {}) =>
    handshake(`${sim.address}${suffix}${suffix.includes('?') ? '&' : '?'}sb-hc-action=connect`, {
      token: tokenFor(sendRule),
      ...more,
    })
  const nextAccept = async (): Promise<Accept['accept']> => readAccept(await nextText(control))
  return { sim, control, dialSender, nextAccept }
}

/** Joins a sender with the listener. */
async function joined(
  options: Partial<RendezvousOptions> = {},
): Promise<{ sim: Rendezvous; sender: WebSocket; listener: WebSocket }> {
  const { sim, dialSender, nextAccept } = await withListener(options)
  const [answer, listener] = await Promise.all([
    dialSender(),
    nextAccept().then(async ({ address }) => opened(address)),
  ])
  if ('status' in answer) throw new Error(`not joined: ${answer.status}`)
  return { sim, sender: answer.socket, listener }
}

describe('a handshake', () => {
  it.each([
    [400, 'an unknown action', '/$hc/exchange?sb-hc-action=dance'],
    [400, 'no action', '/$hc/exchange'],
    [400, 'no $hc in the path', '/exchange?sb-hc-action=listen'],
    [404, 'an unknown path', '/$hc/other?sb-hc-action=listen'],
    [401, 'no token', '/$hc/exchange?sb-hc-action=listen'],
    [401, 'no token either', '/$hc/exchange?sb-hc-action=connect'],
    [403, 'an unknown rendezvous id', '/$hc/exchange?sb-hc-action=accept&sb-hc-id=x'],
  ])('is answered with %i for %s, with a TrackingId', async (status, _name, path) => {
    const { url } = await bench.namespace()
    const answer = await refusal(`${url}${path}`)
    expect(answer).toMatchObject({
      status,
      reason: expect.stringMatching(/TrackingId:[\w-]+_G0, SystemTracker:.*Timestamp:/),
    })
  })

  it('needs the right Listen to listen and Send to send', async () => {
    const { address } = await bench.namespace()
    expect(await refusal(`${address}?sb-hc-action=listen`, { token: tokenFor(sendRule) })).toMatchObject({
      status: 403,
    })
    expect(await refusal(`${address}?sb-hc-action=connect`, { token: tokenFor(listenRule) })).toMatchObject({
      status: 403,
    })
  })

  it('takes the token from the query too, whatever the case of the parameter', async () => {
    const { address } = await bench.namespace()
    const token = encodeURIComponent(tokenFor(listenRule))
    const socket = await opened(`${address}?SB-HC-ACTION=Listen&Sb-Hc-Token=${token}`)
    socket.terminate()
  })

  it('takes a token for the namespace and refuses one for another host', async () => {
    const { address } = await bench.namespace()
    const [here, there] = ['http://127.0.0.1:443/', 'http://localhost/exchange'].map((resource) =>
      tokenFor(listenRule, { resource }),
    )
    const socket = await opened(`${address}?sb-hc-action=listen`, { token: here ?? '' })
    socket.terminate()
    expect(await refusal(`${address}?sb-hc-action=listen`, { token: there ?? '' })).toMatchObject({ status: 403 })
  })

  it('takes a JWT only through the hook', async () => {
    const jwt = 'eyJh.eyJi.c2ln'
    const strict = await bench.namespace()
    expect(await refusal(`${strict.address}?sb-hc-action=listen`, { token: jwt })).toMatchObject({ status: 401 })
    const lenient = await bench.namespace({ acceptJwt: () => ({ expiresAt: Date.now() + 60_000 }) })
    const socket = await opened(`${lenient.address}?sb-hc-action=listen`, { token: jwt })
    socket.terminate()
  })
})

it.each([
  'GET // HTTP/1.1\r\nHost: 127.0.0.1',
  'GET /$hc/exchange HTTP/1.1\r\nHost: a b',
  'GET http://[ HTTP/1.1\r\nHost: x',
])('survives the malformed handshake %j', async (start) => {
  const sim = await bench.namespace()
  const tcp = dialTcp(sim.port, '127.0.0.1')
  tcp.write(`${start}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  const [answer] = await once(tcp, 'data')
  expect(String(answer)).toContain('HTTP/1.1 400')
  expect(await refusal(`${sim.address}?sb-hc-action=listen`)).toMatchObject({ status: 401 })
})

describe('a sender', () => {
  it('gets 404 while nobody listens, and the reason says so', async () => {
    const { address } = await bench.namespace()
    const answer = await refusal(`${address}?sb-hc-action=connect`, { token: tokenFor(sendRule) })
    expect(answer).toMatchObject({ status: 404, reason: expect.stringContaining('no listeners connected') })
  })

  it('is announced with its headers, id, suffix and query, but without what belongs to the service', async () => {
    const { dialSender, nextAccept } = await withListener()
    const sender = dialSender('/box/7?x=1&sb-hc-id=trace', { headers: { 'X-App': 'yes' }, protocols: ['a', 'b'] })
    const accept = await nextAccept()
    const address = new URL(accept.address)
    expect(address.pathname).toBe('/$hc/exchange/box/7')
    expect(Object.fromEntries(address.searchParams)).toEqual({
      x: '1',
      'sb-hc-action': 'accept',
      'sb-hc-id': accept.id,
    })
    expect(accept.id).toMatch(/^trace_G\d+_/)
    expect(accept.connectHeaders).toMatchObject({ 'X-App': 'yes', 'Sec-WebSocket-Protocol': 'a,b' })
    expect(accept.remoteEndpoint).toMatchObject({ address: '127.0.0.1' })
    const listener = await opened(accept.address, { protocols: ['b'] })
    const answer = await sender
    expect('socket' in answer && answer.socket.protocol).toBe('b')
    listener.terminate()
  })

  it('waits for its 101 until the listener has dialled', async () => {
    const { dialSender, nextAccept, sim } = await withListener()
    let isOpen = false
    const sender = dialSender().then((answer) => {
      isOpen = true
      return answer
    })
    const accept = await nextAccept()
    expect([isOpen, sim.state().waiting]).toEqual([false, 1])
    const listener = await opened(accept.address)
    await sender
    expect([isOpen, sim.state().waiting, sim.state().joined]).toEqual([true, 0, 2])
    listener.terminate()
  })

  it('gets 504 if no listener dials in time, and a late listener 403', async () => {
    const { dialSender, nextAccept } = await withListener({ acceptTimeoutMs: 30 })
    const [answer, accept] = [dialSender(), await nextAccept()]
    expect(await answer).toMatchObject({ status: 504, reason: expect.stringContaining('within the allowed timeout') })
    expect(await refusal(accept.address)).toMatchObject({ status: 403 })
  })

  it.each([
    ['sb-hc-statusCode=418&sb-hc-statusDescription=I%20am%20busy', 418, 'I am busy'],
    ['statusCode=503&statusDescription=later', 503, 'later'],
    ['sb-hc-statusCode=200&sb-hc-statusDescription=fine', 400, 'fine'],
  ])('gets what the listener rejects with (%s), and the listener 410', async (query, status, reason) => {
    const { dialSender, nextAccept } = await withListener()
    const [answer, accept] = [dialSender(), await nextAccept()]
    expect(await refusal(`${accept.address}&${query}`)).toMatchObject({ status: 410 })
    expect(await answer).toMatchObject({ status, reason: expect.stringContaining(reason) })
  })

  it('that goes away while waiting leaves an URL that is good for nothing', async () => {
    const { sim, nextAccept } = await withListener()
    const accept = nextAccept()
    const tcp = dialTcp(sim.port, '127.0.0.1')
    tcp.write(
      `GET /$hc/exchange?sb-hc-action=connect HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nServiceBusAuthorization: ${tokenFor(sendRule)}\r\n\r\n`,
    )
    const { address } = await accept
    tcp.end()
    await until('the sender is forgotten', () => sim.state().waiting === 0)
    expect(await refusal(address)).toMatchObject({ status: 403 })
  })

  it('may dial with headers of any name, such as the one called 0 of hyco-ws', async () => {
    const { dialSender, nextAccept } = await withListener()
    const sender = dialSender('', { headers: { 0: 'odd' } })
    const accept = await nextAccept()
    expect(accept.connectHeaders).toMatchObject({ 0: 'odd' })
    const listener = await opened(accept.address, { headers: { 0: 'odd' } })
    await sender
    listener.terminate()
  })
})

describe('an accept address', () => {
  it('works once', async () => {
    const { dialSender, nextAccept } = await withListener()
    const [sender, accept] = [dialSender(), await nextAccept()]
    const listener = await opened(accept.address)
    await sender
    expect(await refusal(accept.address)).toMatchObject({ status: 403 })
    listener.terminate()
  })

  it('points at another host and port if there is a gateway', async () => {
    const { sim, dialSender, nextAccept } = await withListener({ gateway: { host: 'localhost' } })
    const [sender, accept] = [dialSender(), await nextAccept()]
    const { hostname, port } = new URL(accept.address)
    expect(hostname).toBe('localhost')
    expect(Number(port)).not.toBe(sim.port)
    const listener = await opened(accept.address)
    expect(await sender).toHaveProperty('socket')
    listener.terminate()
  })
})

describe('joined sockets', () => {
  it('carry text and binary both ways, in order, as they are', async () => {
    const { sender, listener } = await joined()
    const seen: [string, boolean][] = []
    listener.on('message', (data, binary) => seen.push([bytesOf(data).toString('latin1'), binary]))
    sender.send('text ü')
    sender.send(Buffer.from([0, 255]))
    sender.send('')
    await until('three messages came', () => seen.length === 3)
    expect(seen).toEqual([
      ['text \u00c3\u00bc', false],
      ['\u0000\u00ff', true],
      ['', false],
    ])
    listener.send(Buffer.alloc(3_000_000, 7))
    const [big] = await once(sender, 'message')
    expect(Buffer.alloc(3_000_000, 7).equals(bytesOf(big))).toBe(true)
  })

  it.each([
    ['a code and reason', (socket: WebSocket) => socket.close(4001, 'done here'), { code: 4001, reason: 'done here' }],
    ['no code', (socket: WebSocket) => socket.close(), { code: 1005, reason: '' }],
    ['nothing at all', (socket: WebSocket) => socket.terminate(), { code: 1001, reason: 'the peer is gone' }],
  ])('pass on a close with %s', async (_name, act, expected) => {
    for (const from of ['sender', 'listener'] as const) {
      const pair = await joined()
      const seen = nextClose(pair[from === 'sender' ? 'listener' : 'sender'])
      act(pair[from])
      expect(await seen).toEqual(expected)
    }
  })

  it('deliver what was sent before the close', async () => {
    const { sender, listener } = await joined()
    let bytes = 0
    listener.on('message', (data) => (bytes += bytesOf(data).length))
    for (let index = 0; index < 50; index += 1) sender.send(Buffer.alloc(100_000))
    sender.close(1000, 'all said')
    expect(await nextClose(listener)).toEqual({ code: 1000, reason: 'all said' })
    expect(bytes).toBe(5_000_000)
  })

  it.each(['service', 'peer'] as const)('have their pings answered by the %s', async (dataPings) => {
    const { sender, listener } = await joined({ dataPings })
    let peerSawPing = false
    listener.on('ping', () => (peerSawPing = true))
    sender.ping('x')
    const [data] = await once(sender, 'pong')
    expect([String(data), peerSawPing]).toEqual(['x', dataPings === 'peer'])
  })

  it('outlive the control channel', async () => {
    const { sim, sender, listener } = await joined()
    sim.faults.killSockets({ kind: 'control' })
    await until('the listener is gone', () => sim.state().listeners['exchange'] === 0)
    sender.send('still here')
    expect(await nextText(listener)).toBe('still here')
  })
})

describe('a control channel', () => {
  it('is one of at most 25', async () => {
    const { address } = await bench.namespace()
    const url = `${address}?sb-hc-action=listen`
    const sockets = await Promise.all(
      Array.from({ length: 25 }, async () => opened(url, { token: tokenFor(listenRule) })),
    )
    expect(await refusal(url, { token: tokenFor(listenRule) })).toMatchObject({
      status: 500,
      reason: expect.stringContaining('Quota'),
    })
    const [first] = sockets
    if (first === undefined) throw new Error('no socket')
    first.close()
    await nextClose(first)
    const next = await handshake(url, { token: tokenFor(listenRule) })
    expect(next).toHaveProperty('socket')
  })

  it('is chosen at random', async () => {
    let random = 0
    const { address } = await bench.namespace({ random: () => random })
    const url = `${address}?sb-hc-action=listen`
    const [first, second] = [
      await opened(url, { token: tokenFor(listenRule) }),
      await opened(url, { token: tokenFor(listenRule) }),
    ]
    for (const [value, chosen] of [
      [0, first],
      [0.99, second],
    ] as const) {
      random = value
      const accept = nextText(chosen)
      const sender = handshake(`${address}?sb-hc-action=connect`, { token: tokenFor(sendRule) })
      const { address: at } = readAccept(await accept)
      ;(await opened(at)).terminate()
      await sender
    }
  })

  it('answers pings and ignores messages it does not know', async () => {
    const { control } = await withListener()
    for (const text of ['not json', '{}', '[]', '{"future":1}', 'null']) control.send(text)
    control.send(Buffer.from([1, 2, 3]))
    control.ping('p')
    const [data] = await once(control, 'pong')
    expect(String(data)).toBe('p')
  })

  it('is closed with 1008 when its token ends, and not before a renewal ends', async () => {
    let now = Date.now()
    const { address } = await bench.namespace({ now: () => now })
    const seconds = Math.ceil(now / 1000) + 100
    const token = tokenFor(listenRule, { inMs: seconds * 1000 - Date.now() + 50 })
    now = seconds * 1000 - 60
    const [plain, renewed] = [
      await opened(`${address}?sb-hc-action=listen`, { token }),
      await opened(`${address}?sb-hc-action=listen`, { token }),
    ]
    renewed.send(JSON.stringify({ renewToken: { token: tokenFor(listenRule, { inMs: 3_600_000 }) } }))
    expect(await nextClose(plain)).toEqual({ code: 1008, reason: expect.stringContaining('ExpiredToken') })
    renewed.ping()
    await once(renewed, 'pong')
    expect(renewed.readyState).toBe(renewed.OPEN)
  })

  it.each([
    ['nonsense', 'nonsense'],
    ['an expired token', () => tokenFor(listenRule, { inMs: -1_000 })],
    ['a token without Listen', () => tokenFor(sendRule)],
    ['a token that is no text', 7],
  ])('is closed with 1008 when it renews with %s', async (_name, token) => {
    const { control } = await withListener()
    control.send(JSON.stringify({ renewToken: { token: typeof token === 'function' ? token() : token } }))
    expect(await nextClose(control)).toMatchObject({ code: 1008 })
  })
})
