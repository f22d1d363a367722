/** Microsoft's own Node client, hyco-ws 1.0.5, against the simulator and against our listener and sender. Its quirks: facts/azure-relay-protocol.md 12. */
import { createRequire } from 'node:module'
import type { EventEmitter } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { Bench, bytesOf, listenRule, nextText, sendRule, until } from './rendezvousFixture.ts'

type HycoSocket = EventEmitter & {
  send: (data: unknown) => void
  close: (code?: number, reason?: string) => void
  protocol?: string
}
type HycoServer = EventEmitter & { closeRequested: boolean; close: () => void }
type Hyco = {
  createRelayedServer: (
    options: { server: string; token: () => string },
    onSocket: (socket: HycoSocket) => void,
  ) => HycoServer
  relayedConnect: (address: string, token: string | null, onOpen: (socket: HycoSocket) => void) => HycoSocket
  createRelayToken: (uri: string, keyName: string, key: string, seconds?: number) => string
  appendRelayToken: (uri: string, keyName: string, key: string) => string
}

const hyco: Hyco = createRequire(import.meta.url)('hyco-ws')
const bench = new Bench()
afterEach(async () => bench.closeAll())

/** A hyco-ws listener that echoes with "hyco:" in front. It reconnects without pause, so it is told to stop before its service is. */
async function hycoListener(address: string): Promise<HycoServer> {
  const uri = `${address}?sb-hc-action=listen`
  const token = (): string => hyco.createRelayToken(uri, listenRule.name, listenRule.key)
  const server = hyco.createRelayedServer({ server: uri, token }, (socket) => {
    socket.on('message', (data: unknown) => socket.send(Buffer.isBuffer(data) ? data : `hyco:${String(data)}`))
  })
  server.on('error', () => {})
  bench.onClose(() => {
    server.closeRequested = true
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return server
}

async function hycoSender(address: string, seconds?: number): Promise<HycoSocket> {
  const uri = `${address}${address.includes('?') ? '&' : '?'}sb-hc-action=connect`
  const token = hyco.createRelayToken(uri, sendRule.name, sendRule.key, seconds)
  return new Promise((resolve, reject) => {
    const socket = hyco.relayedConnect(uri, token, resolve)
    socket.on('error', reject)
    socket.on('unexpected-response', (_request: unknown, response: { statusCode: number }) =>
      reject(new Error(String(response.statusCode))),
    )
    bench.onClose(() => socket.close())
  })
}

async function answerOf(socket: HycoSocket, data: unknown): Promise<unknown> {
  const answer = new Promise((resolve) => socket.once('message', resolve))
  socket.send(data)
  return answer
}

describe('hyco-ws listener and hyco-ws sender', () => {
  it('meet at the simulator: text, 200 kB of binary, suffix and query', async () => {
    const { address } = await bench.namespace()
    await hycoListener(address)
    const socket = await hycoSender(`${address}/box?x=1`)
    expect(await answerOf(socket, 'hi ü')).toBe('hyco:hi ü')
    const bytes = Buffer.alloc(200_000, 5)
    expect(bytes.equals(bytesOf(await answerOf(socket, bytes)))).toBe(true)
  })

  it('meet with the token in the query', async () => {
    const { address } = await bench.namespace()
    await hycoListener(address)
    const uri = hyco.appendRelayToken(`${address}?sb-hc-action=connect`, sendRule.name, sendRule.key)
    const socket = await new Promise<HycoSocket>((resolve) => hyco.relayedConnect(uri, null, resolve))
    bench.onClose(() => socket.close())
    expect(await answerOf(socket, 'hi')).toBe('hyco:hi')
  })

  it('get 404 without a listener and 401 with an expired token', async () => {
    const { address } = await bench.namespace()
    await expect(hycoSender(address)).rejects.toThrow('404')
    await expect(hycoSender(address, -5)).rejects.toThrow('401')
  })

  it('meet again after the service has closed the control channel with 1011', async () => {
    const sim = await bench.namespace()
    const server = await hycoListener(sim.address)
    const again = new Promise((resolve) => server.once('listening', resolve))
    sim.faults.closeAfter({ kind: 'control' })
    await again
    expect(await answerOf(await hycoSender(sim.address), 'back')).toBe('hyco:back')
  })
})

describe('hyco-ws sender and our listener', () => {
  it('talk, though it cannot name a sub-protocol, if the listener takes any', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { subprotocol: 'any' })
    await until('it is registered', () => listener.state().connected === 2)
    const socket = await hycoSender(sim.address)
    expect(await answerOf(socket, 'hi')).toBe('hi')
    const closed = new Promise<unknown[]>((resolve) => socket.on('close', (...given: unknown[]) => resolve(given)))
    await listener.drain(0)
    expect((await closed).map(String)).toEqual(['1001', 'the relay stops'])
  })

  it('are kept apart with 400 by a listener that wants easgate.v1', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address)
    await until('it is registered', () => listener.state().connected === 2)
    await expect(hycoSender(sim.address)).rejects.toThrow('400')
  })
})

describe('our sender and a hyco-ws listener', () => {
  it('talk in the sub-protocol that we offer', async () => {
    const { address } = await bench.namespace()
    await hycoListener(address)
    const socket: WebSocket = await bench.sender(address)
    socket.send('hello')
    expect([await nextText(socket), socket.protocol]).toEqual(['hyco:hello', 'easgate.v1'])
  })
})
