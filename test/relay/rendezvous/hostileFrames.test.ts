/** Every socket has an error handler and bounds: nothing that comes over the wire ends the process. An unhandled error fails this file. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Listener } from '../../../relay/rendezvous/listen.ts'
import { Bench, nextText, until } from '../../contract/rendezvousFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

const up = async (listener: Listener): Promise<void> => until('a channel is up', () => listener.state().connected === 1)

async function talks(address: string): Promise<void> {
  const socket = await bench.sender(address)
  socket.send('still here')
  expect(await nextText(socket)).toBe('still here')
}

describe('a control channel', () => {
  it.each([
    ['bytes that are no frames', (sim: Sim) => sim.faults.sendGarbage({ kind: 'control' })],
    ['a message of more than 1 MiB', (sim: Sim) => sim.faults.sendControl({ text: 'x'.repeat(1024 * 1024 + 1) })],
    ['a reset', (sim: Sim) => sim.faults.killSockets({ kind: 'control', how: 'rst' })],
  ])('that gets %s is dialled anew', async (_name, spoil) => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { channels: 1 })
    await up(listener)
    spoil(sim)
    await until('it has noticed', () => listener.state().lastError !== undefined)
    await up(listener)
    await talks(sim.address)
  })
})

type Sim = Awaited<ReturnType<Bench['namespace']>>

describe('a conversation', () => {
  it.each([
    ['bytes that are no frames', (sim: Sim) => sim.faults.sendGarbage({ kind: 'listener' })],
    ['a reset', (sim: Sim) => sim.faults.killSockets({ kind: 'listener', how: 'rst' })],
    ['a connection that just ends', (sim: Sim) => sim.faults.killSockets({ kind: 'listener', how: 'fin' })],
  ])('that gets %s ends, alone', async (_name, spoil) => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { channels: 1 })
    await up(listener)
    await bench.sender(sim.address)
    await until('it is open', () => listener.state().conversations === 1)
    const { since } = listener.state()
    spoil(sim)
    await until('it is gone', () => listener.state().conversations === 0)
    expect(listener.state()).toMatchObject({ connected: 1, since })
    await talks(sim.address)
  })

  it('whose handshake is reset is dropped, and the next is joined', async () => {
    const sim = await bench.namespace()
    const listener = bench.listener(sim.address, { channels: 1 })
    await up(listener)
    const resetting = createServer((socket) => socket.once('data', () => socket.resetAndDestroy())).listen(
      0,
      '127.0.0.1',
    )
    bench.onClose(() => resetting.close())
    await once(resetting, 'listening')
    const { port } = resetting.address() as AddressInfo
    const accept = {
      address: `ws://127.0.0.1:${port}/$hc/exchange?sb-hc-action=accept`,
      id: 'x',
      connectHeaders: { 'Sec-WebSocket-Protocol': 'easgate.v1' },
    }
    sim.faults.sendControl({ text: JSON.stringify({ accept }) })
    await until('it is logged', () => bench.log.some(({ event }) => event === 'relay.conversation.notJoined'))
    await talks(sim.address)
  })
})

it('a handshake that is answered with garbage is a failed dial', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
  }).listen(0, '127.0.0.1')
  bench.onClose(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const listener = bench.listener(`ws://127.0.0.1:${port}/$hc/exchange`, { channels: 1 })
  await until('it has noticed', () => listener.state().lastError !== undefined)
  expect(listener.state().lastError?.reason).toContain('Parse Error')
})
