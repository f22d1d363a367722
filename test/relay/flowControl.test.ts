// A slow reader slows its own reading and nothing else.
import { afterEach, expect, test } from 'vitest'
import { limits } from '../../protocol/messages.ts'
import { change, read } from './cloud.ts'
import { startTestRelay, type TestRelay } from './startRelay.ts'

let relay: TestRelay
afterEach(async () => relay.stop())

test('at zero credit the rows stop, another conversation goes on, and credit continues them where they were', async () => {
  relay = await startTestRelay({ parallel: 2 })
  const slow = relay.connect()
  slow.givesCredit = false
  await slow.hello({ rowCredit: 100 })
  const batchId = slow.batch([read('rows=5000')])
  await slow.until(() => (slow.rowCount === 100 ? true : undefined))

  const quick = await relay.connect().hello()
  expect((await quick.run([read('rows=3000')])).rows).toHaveLength(3000)
  expect(slow.rowCount).toBe(100)

  slow.givesCredit = true
  slow.send({ type: 'credit', rows: 1000 })
  const { rows, results } = await slow.outcomes(batchId)
  expect(rows.map((row) => row['DeviceId'])).toEqual(Array.from({ length: 5000 }, (_, number) => `D§${number}`))
  expect(results).toMatchObject([{ ok: true, rowCount: 5000 }])
})

test('in one conversation the outcomes of changes do not wait behind rows without credit', async () => {
  relay = await startTestRelay({ parallel: 2 })
  const cloud = relay.connect()
  cloud.givesCredit = false
  await cloud.hello({ rowCredit: 10 })
  cloud.batch([read('rows=500')])
  await cloud.until(() => (cloud.rowCount === 10 ? true : undefined))
  expect((await cloud.run([change('x')])).results).toMatchObject([{ ok: true }])
  expect(cloud.rowCount).toBe(10)
})

test('a held reader starts no further reads and leaves the sessions to others', async () => {
  relay = await startTestRelay({ parallel: 2 })
  const slow = relay.connect()
  slow.givesCredit = false
  await slow.hello({ rowCredit: 10 })
  slow.batch(Array.from({ length: 50 }, (_, number) => read(`rows=20 at=${number}`)))
  await slow.until(() => (slow.rowCount === 10 ? true : undefined))
  const quick = await relay.connect().hello()
  for (let round = 0; round < 5; round += 1) await quick.run([read('rows=1 quick')])
  const started = relay.journal().filter((line) => !line.includes('quick'))
  expect(started.length).toBeLessThan(10)
})

test('messages hold at most 500 rows and 512k characters', async () => {
  relay = await startTestRelay()
  const cloud = relay.connect()
  const frames: number[] = []
  cloud.socket.on('message', (data: Buffer) => frames.push(data.length))
  await cloud.hello()
  const long = { ...read('rows=200 pad=20000'), cmdlet: 'Get-CASMailbox' }
  const { results } = await cloud.run([read('rows=1200'), long])
  expect(results.every(({ ok }) => ok)).toBe(true)
  const sizes = cloud.bodies.flatMap((body) => (body.type === 'rows' ? [body.rows.length] : []))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.rowsPerMessage)
  expect(Math.max(...frames)).toBeLessThan(limits.rowsMessageChars * 1.2)
  expect(Math.max(...frames)).toBeGreaterThan(limits.rowsMessageChars / 2)
})

test('outcomes travel together', async () => {
  relay = await startTestRelay({ parallel: 15 })
  const cloud = await relay.connect().hello()
  const { results } = await cloud.run(Array.from({ length: 300 }, () => change('x')))
  expect(results).toHaveLength(300)
  const messages = cloud.bodies.filter(({ type }) => type === 'results')
  expect(messages.length).toBeLessThan(100)
})

test('reads of a lost conversation are stopped', async () => {
  relay = await startTestRelay()
  const lost = await relay.connect().hello()
  lost.batch([read('stuck'), read('rows=1 never'), read('rows=1 never'), read('rows=1 never')])
  await relay.until(() => relay.journal().length > 0)
  lost.socket.terminate()
  const other = await relay.connect().hello()
  expect((await other.run([read('rows=1')])).results).toMatchObject([{ ok: true }])
  expect(relay.journal().filter((line) => line.includes('never'))).toEqual([])
})
