// What a relay takes at once: conversations, batches, characters, silence.
import { afterEach, expect, test } from 'vitest'
import { sessionTimes } from '../../relay/sessionContext.ts'
import { change, read } from './cloud.ts'
import { startTestRelay, type TestRelay } from './startRelay.ts'

let relay: TestRelay
afterEach(async () => relay.stop())

test('one conversation too many hears busy, and is welcome when another has ended', async () => {
  relay = await startTestRelay({ options: { maxConversations: 1 } })
  const first = await relay.connect().hello()
  const second = await relay.connect().hello()
  expect(await second.refusal()).toMatchObject({ code: 'busy', message: expect.stringContaining('1 conversations') })
  expect(await second.closed()).toBe(1008)
  first.socket.close(1000)
  await relay.until(() => relay.conversations.size === 0)
  const third = await relay.connect().hello()
  expect(third.bodies).toMatchObject([{ type: 'welcome' }])
})

test('a ninth batch at once is refused as busy, the eight are carried out', async () => {
  relay = await startTestRelay()
  const cloud = await relay.connect().hello()
  const ids = Array.from({ length: 8 }, (_, number) => cloud.batch([change(`ms=${number === 0 ? 50 : 0}`)]))
  const ninth = cloud.batch([change('ninth')])
  expect(await cloud.refusal()).toMatchObject({ code: 'busy', batchId: ninth })
  const all = await Promise.all(ids.map(async (id) => cloud.outcomes(id)))
  expect(all.every(({ results }) => results[0]?.ok)).toBe(true)
  expect(relay.journal()).toHaveLength(8)
  expect((await cloud.run([change('again')])).results).toMatchObject([{ ok: true }])
})

const large = () => Array.from({ length: 12 }, () => change('ms=10'))

test('batches of all conversations together hold no more than the relay has room for', async () => {
  relay = await startTestRelay({ options: { mostChars: 3_000 } })
  const one = await relay.connect().hello()
  const other = await relay.connect().hello()
  const first = one.batch(large())
  await relay.until(() => relay.journal().length > 0)
  other.batch(large())
  expect(await other.refusal()).toMatchObject({ code: 'busy', message: expect.stringContaining('of 3000 characters') })
  await one.outcomes(first)
  expect((await other.run(large())).results).toHaveLength(12)
})

test('a ledger that is full refuses changes as busy and still takes reads', async () => {
  relay = await startTestRelay({ ledgerLimits: { keepMs: 15 * 60_000, batches: 2, chars: 1_000_000 } })
  const cloud = await relay.connect().hello()
  await cloud.run([change('a')])
  await cloud.run([change('b')])
  cloud.batch([change('c')])
  expect(await cloud.refusal()).toMatchObject({ code: 'busy', message: expect.stringContaining('2 batches') })
  expect((await cloud.run([read('rows=1')])).results).toMatchObject([{ ok: true }])
  expect(relay.journal()).toHaveLength(3)
})

test('without a session to Exchange a hello is answered with the reason', async () => {
  relay = await startTestRelay({ env: { FIXTURE_START: 'openError' } })
  const cloud = await relay.connect().hello()
  expect(await cloud.refusal()).toMatchObject({ code: 'busy', message: expect.stringContaining('too many shells') })
})

test.each([
  ['says no hello', { helloMs: 40 }, 1008, false],
  ['is silent', { silenceMs: 40 }, 1001, true],
])('a conversation that %s is closed', async (_what, times, code, greets) => {
  relay = await startTestRelay({ options: { times: { ...sessionTimes, ...times } } })
  const cloud = relay.connect()
  if (greets) await cloud.hello()
  expect(await cloud.closed()).toBe(code)
})

test('pings count as life', async () => {
  relay = await startTestRelay({ options: { times: { ...sessionTimes, silenceMs: 500 } } })
  const cloud = await relay.connect().hello()
  const timer = setInterval(() => cloud.socket.ping(), 20)
  const { results } = await cloud.run([read('ms=900')])
  clearInterval(timer)
  expect(results).toMatchObject([{ ok: true }])
})

test('a reader that takes no rows is closed, so that it holds no session of Exchange for ever', async () => {
  relay = await startTestRelay({ options: { times: { ...sessionTimes, stallMs: 60 } } })
  const cloud = relay.connect()
  cloud.givesCredit = false
  await cloud.hello({ rowCredit: 5 })
  cloud.batch([read('rows=10')])
  expect(await cloud.closed()).toBe(1008)
  expect(cloud.rowCount).toBe(5)
})
