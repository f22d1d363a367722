// What a function's conversations put on the wire: every cmdlet and every byte, both ways.
import { expect, test } from 'vitest'
import { collect } from './collect.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId } from './scriptedRelay.ts'

const start = relayStarter()

test('commands of all batches are counted, and the bytes of what was sent and of what came', async () => {
  const warning = 'ä'.repeat(5_000)
  const relay = await start({
    onBatch: (batch, talk) => {
      talk.results(
        batch,
        batch.commands.map(({ id }) => ({ commandId: id, warnings: [warning] })),
      )
      talk.end(batch)
    },
  })
  const { exchange } = exchangeUnderTest([relay])
  const level = (id: string) => ({ id, kind: 'defaultLevel', level: 'block' }) as const
  expect(exchange.traffic()).toEqual({ commands: 0, bytes: 0 })
  await exchange.converse(connectorId, async (conversation) => {
    await collect(conversation.change('b-1', [level('1'), level('2')]))
  })
  const first = exchange.traffic()
  expect(first.commands).toBe(2)
  // A letter outside ASCII is two bytes
  expect(first.bytes).toBeGreaterThan(2 * 2 * warning.length)
  expect(first.bytes).toBeLessThan(2 * 2 * warning.length + 10_000)

  const text = 'x'.repeat(250)
  await exchange.converse(connectorId, async (conversation) => {
    await collect(conversation.change('b-2', [{ id: '3', kind: 'userMailInsert', text }]))
  })
  const second = exchange.traffic()
  expect(second.commands).toBe(3)
  expect(second.bytes - first.bytes).toBeGreaterThan(2 * warning.length + text.length)
})
