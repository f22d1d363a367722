import { expect, test } from 'vitest'
import type { Retired } from '../../protocol/messages.ts'
import { AppError } from '../../functions/errors.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, type ScriptedRelay, type Talk } from './scriptedRelay.ts'

const start = relayStarter()
const retired = { by: 'con-2', at: '2026-11-05T12:00:00.000Z' }

const confirm = (_: unknown, talk: Talk) =>
  talk.say({ type: 'refused', batchId: null, code: 'retired', message: 'replaced by connector con-2' })

/** The relays are dialled in turn, then none is there any more. */
function telling(relays: readonly ScriptedRelay[], options: Parameters<typeof exchangeUnderTest>[1] = {}) {
  let dials = 0
  const open = async () => {
    const relay = relays[dials]
    dials += 1
    if (!relay) throw new AppError('noRelay', 'nobody listens', { retryable: true })
    return relay.open()
  }
  // Nobody is approved: there is nothing to hide
  return exchangeUnderTest(relays, { open, ...options }, [])
}

test('tells every relay that answers, signed for its conversation, until none does', async () => {
  const relays = [await start({ onBatch: confirm }), await start({ onBatch: confirm })]
  const { exchange, logged } = telling(relays)
  expect(await exchange.tellRetired(connectorId, retired)).toBe(2)
  const message: Retired = { type: 'retired', connectorId, nonce: 'nonce-of-the-relay-0001', ...retired }
  for (const relay of relays) {
    expect(relay.batches).toEqual([message])
    await relay.closed(1)
    expect(relay.closes).toEqual([1000])
  }
  const fields = { connectorId, by: 'con-2' }
  const line = { level: 'info', event: 'exchange.relayToldRetired', fields }
  expect(logged).toEqual([line, line])
})

test('with no relay there is nothing to tell, and that is no failure', async () => {
  expect(await telling([]).exchange.tellRetired(connectorId, retired)).toBe(0)
})

test('meeting one that was told and is on its way out, it has told all', async () => {
  const onHello = (talk: Talk) => confirm(null, talk)
  const relays = [await start({ onBatch: confirm }), await start({ onHello })]
  expect(await telling(relays).exchange.tellRetired(connectorId, retired)).toBe(1)
})

test.each([
  ['says nothing', () => {}],
  ['answers with something else', (_: unknown, talk: Talk) => talk.say({ type: 'end', batchId: 'b', repeated: false })],
  [
    'refuses for another reason',
    (_: unknown, talk: Talk) => talk.say({ type: 'refused', batchId: null, code: 'malformed', message: 'what?' }),
  ],
  ['hangs up', (_: unknown, talk: Talk) => talk.socket.close(1011)],
  [
    'confirms in another conversation',
    (_: unknown, talk: Talk) =>
      talk.say({ type: 'refused', batchId: null, code: 'retired', message: '', challenge: 'x'.repeat(43) }),
  ],
] as const)('a relay that %s was not told: relayLost, and it is tried again the next time', async (_what, onBatch) => {
  const relay = await start({ onBatch })
  const { exchange } = telling([relay], { welcomeTimeoutMs: 50 })
  await expect(exchange.tellRetired(connectorId, retired)).rejects.toMatchObject({ code: 'relayLost', retryable: true })
  await relay.closed(1)
})
