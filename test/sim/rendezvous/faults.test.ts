import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
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
} from '../../contract/rendezvousFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

type Sim = Awaited<ReturnType<Bench['namespace']>>

/** A namespace and one control channel; the fault is ordered over HTTP, as from another process. */
async function start(): Promise<{ sim: Sim; control: WebSocket; order: (body: unknown) => Promise<Response> }> {
  const sim = await bench.namespace({ acceptTimeoutMs: 100 })
  const control = await opened(`${sim.address}?sb-hc-action=listen`, { token: tokenFor(listenRule) })
  const order = async (body: unknown): Promise<Response> =>
    fetch(`${sim.url.replace('ws:', 'http:')}/_sim/fault`, { method: 'POST', body: JSON.stringify(body) })
  return { sim, control, order }
}

async function touched(response: Promise<Response>): Promise<number> {
  const body: { sockets: number } = JSON.parse(await (await response).text())
  return body.sockets
}

const dialSender = async ({ address }: Sim) =>
  handshake(`${address}?sb-hc-action=connect`, { token: tokenFor(sendRule) })

describe('POST /_sim/fault', () => {
  it.each(['fin', 'rst'])('killSockets cuts without a close (%s)', async (how) => {
    const { control, order } = await start()
    control.on('error', () => {})
    const closed = nextClose(control)
    expect(await touched(order({ fault: 'killSockets', kind: 'control', how }))).toBe(1)
    expect(await closed).toEqual({ code: 1006, reason: '' })
  })

  it('blackHole swallows both ways, while the service still believes in the listener', async () => {
    const { sim, control, order } = await start()
    const heard: unknown[] = []
    for (const event of ['message', 'pong', 'ping', 'close']) control.on(event, () => heard.push(event))
    expect(await touched(order({ fault: 'blackHole', kind: 'control' }))).toBe(1)
    control.ping()
    control.send(JSON.stringify({ renewToken: { token: 'nonsense' } }))
    expect(await dialSender(sim)).toMatchObject({ status: 504 })
    expect([heard, sim.state().listeners]).toEqual([[], { exchange: 1 }])
  })

  it('closeAfter closes with 1011 and the reason of the restart every 24 hours', async () => {
    const { control, order } = await start()
    const closed = nextClose(control)
    await order({ fault: 'closeAfter', kind: 'control', afterMs: 20 })
    expect(await closed).toEqual({ code: 1011, reason: 'InternalServerError: NameRenewalFailed' })
  })

  it('stallUpgrade leaves a handshake without any answer, then serves the next', async () => {
    const { sim, order } = await start()
    await order({ fault: 'stallUpgrade', action: 'connect', count: 1 })
    const stalled = dialSender(sim).catch(() => 'ended')
    expect(await dialSender(sim)).toMatchObject({ status: 504 })
    await sim.close()
    expect(await stalled).toBe('ended')
  })

  it('refuse answers the next handshakes of an action with a status', async () => {
    const { sim, order } = await start()
    await order({ fault: 'refuse', action: 'listen', status: 500, text: 'oops', count: 2 })
    const url = `${sim.address}?sb-hc-action=listen`
    for (let index = 0; index < 2; index += 1) {
      expect(await refusal(url, { token: tokenFor(listenRule) })).toMatchObject({
        status: 500,
        reason: expect.stringContaining('oops'),
      })
    }
    expect(await handshake(url, { token: tokenFor(listenRule) })).toHaveProperty('socket')
  })

  it('spoilAccept sends an accept twice, spent, or never', async () => {
    const { sim, control, order } = await start()
    await order({ fault: 'spoilAccept', how: 'duplicate' })
    const seen: string[] = []
    control.on('message', (data) => seen.push(bytesOf(data).toString()))
    await dialSender(sim)
    expect(seen).toHaveLength(2)
    expect(seen[0]).toBe(seen[1])

    await order({ fault: 'spoilAccept', how: 'expired' })
    const [accept, sender] = [nextText(control), dialSender(sim)]
    const message: { accept: { address: string } } = JSON.parse(await accept)
    expect(await refusal(message.accept.address)).toMatchObject({ status: 403 })
    expect(await sender).toMatchObject({ status: 504 })

    await order({ fault: 'spoilAccept', how: 'lost' })
    expect(await dialSender(sim)).toMatchObject({ status: 504 })
    expect(seen).toHaveLength(3)
  })

  it('sendControl says anything to the listeners', async () => {
    const { control, order } = await start()
    const text = nextText(control)
    expect(await touched(order({ fault: 'sendControl', text: 'garbage' }))).toBe(1)
    expect(await text).toBe('garbage')
  })

  it('forgetListeners leaves the channel up, its pings answered and its renewals taken, and gives it no sender', async () => {
    const { sim, control, order } = await start()
    expect(await touched(order({ fault: 'forgetListeners' }))).toBe(1)
    const pong = once(control, 'pong')
    control.send(JSON.stringify({ renewToken: { token: tokenFor(listenRule) } }))
    control.ping()
    await pong
    expect(await dialSender(sim)).toMatchObject({ status: 404 })
    expect([control.readyState, sim.state().listeners]).toEqual([control.OPEN, { exchange: 0 }])
  })

  it('sendGarbage sends bytes that are no WebSocket frame', async () => {
    const { control, order } = await start()
    const failed = once(control, 'error')
    expect(await touched(order({ fault: 'sendGarbage', kind: 'control' }))).toBe(1)
    expect(String((await failed)[0])).toContain('Invalid WebSocket frame')
  })

  it('clear forgets what is ordered but not used up', async () => {
    const { sim, order } = await start()
    await order({ fault: 'refuse', action: 'connect', status: 500, count: 100 })
    await order({ fault: 'clear' })
    expect(await dialSender(sim)).toMatchObject({ status: 504 })
  })

  it.each([
    ['{"fault":"refuse","action":"listen"}'],
    ['{"fault":"killSockets","knid":"data"}'],
    ['{"fault":"dance"}'],
    ['{'],
  ])('refuses the order %s with 400 and says why', async (body) => {
    const { sim } = await start()
    const response = await fetch(`${sim.url.replace('ws:', 'http:')}/_sim/fault`, { method: 'POST', body })
    const answer: { error: string } = JSON.parse(await response.text())
    expect([response.status, answer.error.length > 10]).toEqual([400, true])
  })
})

it('GET /_sim/state tells listeners, waiting and joined sockets', async () => {
  const { sim, control } = await start()
  const response = await fetch(`${sim.url.replace('ws:', 'http:')}/_sim/state`)
  expect(await response.json()).toEqual({
    listeners: { exchange: 1 },
    waiting: 0,
    joined: 0,
    refused: 0,
    bufferedBytes: 0,
  })
  control.close()
  await once(control, 'close')
})
