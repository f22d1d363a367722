import { createHash } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connect, RendezvousError, type ConnectOptions } from '../../functions/exchange/rendezvous.ts'
import { sasTokenProvider } from '../../protocol/rendezvous.ts'
import { Bench, nextClose, nextText, sendRule, sendTokens, until } from '../contract/rendezvousFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

async function withRelay(): Promise<Awaited<ReturnType<Bench['namespace']>>> {
  const sim = await bench.namespace()
  const listener = bench.listener(sim.address)
  await until('both channels are registered', () => listener.state().connected === 2)
  return sim
}

/** Connects with a random at its top and a sleep that only writes down; gives the error and the pauses. */
async function failing(
  address: string,
  options: Partial<ConnectOptions> = {},
): Promise<{ error: RendezvousError; pauses: number[] }> {
  const pauses: number[] = []
  const sleep = async (ms: number): Promise<void> => void pauses.push(ms)
  try {
    const socket = await connect({
      address,
      tokenProvider: sendTokens,
      subprotocol: 'easgate.v1',
      random: () => 1,
      sleep,
      ...options,
    })
    socket.terminate()
  } catch (error) {
    if (error instanceof RendezvousError) return { error, pauses }
    throw error
  }
  throw new Error('It was expected to fail.')
}

describe('connect', () => {
  it('opens a socket to a relay in the sub-protocol asked for', async () => {
    const { address } = await withRelay()
    const socket = await bench.sender(address)
    socket.send('hello')
    expect([await nextText(socket), socket.protocol]).toEqual(['hello', 'easgate.v1'])
  })

  it('loses no message that the relay sends at once', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { onConversation: (socket) => socket.send('challenge') })
    await until('it is registered', () => listener.state().connected === 2)
    for (let index = 0; index < 20; index += 1) {
      const socket = await bench.sender(sim.address)
      expect(await nextText(socket)).toBe('challenge')
    }
  })

  it('loses no message that comes in one packet with the handshake', async () => {
    const server = createHttpServer()
    server.on('upgrade', (request, socket) => {
      const accept = createHash('sha1').update(
        `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
      )
      const head = [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${accept.digest('base64')}`,
        'Sec-WebSocket-Protocol: easgate.v1',
      ]
      socket.write(
        Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from([0x81, 2]), Buffer.from('hi')]),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    bench.onClose(() => server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const socket = await bench.sender(`ws://127.0.0.1:${port}/$hc/exchange`)
    expect(await nextText(socket)).toBe('hi')
  })

  it.each([
    [404, 'noRelay', 3, 'No relay of this connector is online'],
    [503, 'busy', 3, 'add a relay'],
    [504, 'timeout', 3, 'did not answer in time'],
    [500, 'network', 3, 'state of Azure Relay'],
    [502, 'network', 3, 'state of Azure Relay'],
    [401, 'unauthorized', 1, 'right Send'],
    [403, 'unauthorized', 1, 'right Send'],
    [400, 'rejected', 1, 'versions'],
    [418, 'rejected', 1, 'versions'],
  ])(
    'tells a refusal with %i as %s after %i tries, with address, status, TrackingId and remedy',
    async (status, kind, tries, remedy) => {
      const sim = await withRelay()
      sim.faults.refuse({ action: 'connect', status, text: 'because', count: 10 })
      const { error, pauses } = await failing(sim.address)
      expect(error).toMatchObject({ kind, status, trackingId: expect.stringMatching(/^[\w-]{30}/) })
      expect(pauses).toHaveLength(tries - 1)
      for (const part of [sim.address, `${tries} `, `: ${status} because`, remedy])
        expect(error.message).toContain(part)
    },
  )

  it.each([404, 503, 504, 500])('gets through when a refusal with %i passes', async (status) => {
    const sim = await withRelay()
    sim.faults.refuse({ action: 'connect', status, count: 2 })
    const socket = await bench.sender(sim.address, { attempts: 3, sleep: async () => {} })
    socket.send('hi')
    expect(await nextText(socket)).toBe('hi')
  })

  it('tells a real missing relay from a real wrong key', async () => {
    const { address } = await bench.namespace()
    expect((await failing(address, { attempts: 1 })).error).toMatchObject({ kind: 'noRelay', status: 404 })
    const tokenProvider = sasTokenProvider({ keyName: sendRule.name, key: 'other' })
    expect((await failing(address, { tokenProvider })).error).toMatchObject({ kind: 'unauthorized', status: 401 })
  })

  it('tells the relay’s own refusal of a foreign sub-protocol', async () => {
    const { address } = await withRelay()
    const { error } = await failing(address, { subprotocol: 'other.v9' })
    expect(error).toMatchObject({ kind: 'rejected', status: 400 })
    expect(error.message).toContain('easgate.v1')
  })

  it('gives up a stalled handshake and gets through at the next try', async () => {
    const sim = await withRelay()
    sim.faults.stallUpgrade({ action: 'connect' })
    const socket = await bench.sender(sim.address, { attempts: 2, attemptTimeoutMs: 50, sleep: async () => {} })
    socket.send('hi')
    expect(await nextText(socket)).toBe('hi')
  })

  it('tells a handshake that always stalls as a timeout', async () => {
    const sim = await withRelay()
    sim.faults.stallUpgrade({ action: 'connect', count: 9 })
    const { error, pauses } = await failing(sim.address, { attemptTimeoutMs: 20 })
    expect(error).toMatchObject({ kind: 'timeout', status: undefined })
    expect(pauses).toEqual([1_000, 2_000])
  })

  it('tells a connection that is reset, refused or has no name as network', async () => {
    const server = createServer((socket) => socket.resetAndDestroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    bench.onClose(() => server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const reset = await failing(`ws://127.0.0.1:${port}/$hc/exchange`)
    expect(reset.error).toMatchObject({ kind: 'network', message: expect.stringContaining('ECONNRESET') })
    expect(reset.pauses).toHaveLength(2)
    server.close()
    const gone = await failing(`ws://127.0.0.1:${port}/$hc/exchange`)
    expect(gone.error).toMatchObject({ kind: 'network', message: expect.stringContaining('ECONNREFUSED') })
  })

  it('tells a credential that fails or hangs', async () => {
    const { address } = await withRelay()
    const failed = await failing(address, { tokenProvider: async () => Promise.reject(new Error('no identity')) })
    expect(failed.error).toMatchObject({ kind: 'network', message: expect.stringContaining('no token: no identity') })
    const hung = await failing(address, {
      attempts: 1,
      attemptTimeoutMs: 20,
      tokenProvider: async () => new Promise(() => {}),
    })
    expect(hung.error).toMatchObject({ kind: 'timeout', message: expect.stringContaining('no token in 20 ms') })
  })

  it('tries no more when the pause would pass the deadline, and bounds each try by it', async () => {
    const sim = await bench.namespace()
    const now = 1_000_000
    const late = await failing(sim.address, { deadline: now + 1_000, now: () => now })
    expect([late.error.kind, late.pauses]).toEqual(['noRelay', []])
    sim.faults.stallUpgrade({ action: 'connect' })
    const started = Date.now()
    const stalled = await failing(sim.address, { deadline: started + 60 })
    expect(stalled.error.kind).toBe('timeout')
    expect(Date.now() - started).toBeLessThan(2_000)
    const over = await failing(sim.address, { deadline: now, now: () => now })
    expect(over.error.kind).toBe('timeout')
  })

  it('puts no token into its errors', async () => {
    const sim = await withRelay()
    let token = ''
    const { error } = await failing(sim.address, {
      tokenProvider: async (resource) => {
        const given = await sendTokens(resource)
        ;({ token } = given)
        sim.faults.refuse({ action: 'connect', status: 403, text: `bad ${token}` })
        return given
      },
    })
    const signature = /sig=([^&]+)/.exec(token)?.[1] ?? ''
    expect(error.message).toContain('bad SharedAccessSignature')
    expect(signature.length).toBeGreaterThan(20)
    expect(JSON.stringify([error.message, String(error.cause), error.stack])).not.toContain(signature)
  })
})

describe('an open conversation', () => {
  it('whose line goes silent is ended', async () => {
    const sim = await withRelay()
    const socket = await bench.sender(sim.address, { liveness: { intervalMs: 20, graceMs: 100 } })
    sim.faults.blackHole({ kind: 'sender' })
    expect(await nextClose(socket)).toMatchObject({ code: 1006 })
  })

  it('that is quiet but alive stays', async () => {
    const sim = await withRelay()
    const socket = await bench.sender(sim.address, { liveness: { intervalMs: 20, graceMs: 100 } })
    const endsAt = Date.now() + 300
    await until('pings were judged', () => Date.now() > endsAt)
    expect(socket.readyState).toBe(socket.OPEN)
  })

  it('whose relay dies sees 1001', async () => {
    const sim = await withRelay()
    const socket = await bench.sender(sim.address)
    sim.faults.killSockets({ kind: 'listener', how: 'rst' })
    expect(await nextClose(socket)).toMatchObject({ code: 1001 })
  })
})
