import { afterEach, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { Bench, bytesOf, until } from '../../contract/rendezvousFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

it('a slow reader slows the writer at the far end, and the service keeps next to nothing', async () => {
  const chunk = Buffer.alloc(64 * 1024, 1)
  const total = 48 * 1024 * 1024
  const sim = await bench.namespace()
  let received = 0
  let reader: WebSocket | undefined
  bench.listener(sim.address, {
    onConversation: (socket) => {
      reader = socket
      socket.on('message', (data) => {
        // reads one message, then nothing until it is let
        if (received === 0) socket.pause()
        received += bytesOf(data).length
      })
    },
  })
  await until('a listener is there', () => (sim.state().listeners['exchange'] ?? 0) > 0)
  const writer = await bench.sender(sim.address)
  let mostKept = 0
  for (let sent = 0; sent < total; sent += chunk.length) writer.send(chunk)
  await untilStill(() => {
    mostKept = Math.max(mostKept, sim.state().bufferedBytes)
    return received > 0 ? writer.bufferedAmount : undefined
  })
  expect(writer.bufferedAmount).toBeGreaterThan(total / 2) // it waits at its source
  expect(mostKept).toBeLessThan(2 * 1024 * 1024)
  reader?.resume()
  await until('everything has come', () => {
    mostKept = Math.max(mostKept, sim.state().bufferedBytes)
    return received === total
  })
  expect(mostKept).toBeLessThan(2 * 1024 * 1024)
})

it('a side that goes away while the other is held back ends the other too', async () => {
  const sim = await bench.namespace()
  const readers: WebSocket[] = []
  bench.listener(sim.address, {
    onConversation: (socket) => {
      readers.push(socket)
      socket.once('message', () => socket.pause())
    },
  })
  await until('a listener is there', () => (sim.state().listeners['exchange'] ?? 0) > 0)
  const writer = await bench.sender(sim.address)
  for (let index = 0; index < 512; index += 1) writer.send(Buffer.alloc(64 * 1024))
  await untilStill(() => (readers[0]?.isPaused === true ? writer.bufferedAmount : undefined))
  let isClosed = false
  writer.on('close', () => (isClosed = true))
  readers[0]?.terminate()
  await until('the writer is closed', () => isClosed)
  await until('the service keeps nothing', () => sim.state().joined === 0)
})

/** Until a number has not changed for a quarter of a second. */
async function untilStill(read: () => number | undefined): Promise<void> {
  let last: number | undefined
  let since = Date.now()
  await until(
    'nothing moves any more',
    () => {
      const value = read()
      if (value === undefined || value !== last) since = Date.now()
      last = value
      return Date.now() - since > 250
    },
    10_000,
  )
}
