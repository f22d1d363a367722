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
  let last = -1
  await until('nothing moves any more', () => {
    mostKept = Math.max(mostKept, sim.state().bufferedBytes)
    const isStill = writer.bufferedAmount === last && received > 0
    last = writer.bufferedAmount
    return isStill
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
