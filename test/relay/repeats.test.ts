// A batch of changes is executed once, whoever asks, however often, and whatever becomes of the conversations.
import { afterEach, expect, test } from 'vitest'
import { change } from './cloud.ts'
import { startTestRelay, type TestRelay } from './startRelay.ts'

let relay: TestRelay
afterEach(async () => relay.stop())

const batchId = 'batch-1'
const byId = (a: { commandId: string }, b: { commandId: string }) => a.commandId.localeCompare(b.commandId)

test('a repeated batch gets the first outcomes and is not executed again', async () => {
  relay = await startTestRelay({ parallel: 2 })
  const commands = [change('warning'), change('fail=notFound'), change('ms=5')]
  const first = await (await relay.connect().hello()).run(commands, { batchId })
  const second = await (await relay.connect().hello()).run(commands, { batchId })
  expect(first.repeated).toBe(false)
  expect(second.repeated).toBe(true)
  expect(second.results.toSorted(byId)).toEqual(first.results.toSorted(byId))
  expect(relay.journal()).toHaveLength(3)
})

test('a repeat with the parameters in another order is the same batch', async () => {
  relay = await startTestRelay()
  const cloud = await relay.connect().hello()
  const command = change('x')
  const { Identity, ...rest } = command.parameters
  await cloud.run([command], { batchId })
  const { repeated } = await (
    await relay.connect().hello()
  ).run([{ ...command, parameters: { ...rest, Identity: Identity ?? '' } }], { batchId })
  expect(repeated).toBe(true)
  expect(relay.journal()).toHaveLength(1)
})

test('the row that a change gives back is repeated with it', async () => {
  relay = await startTestRelay()
  const parameters = { Name: 'easgate', Identity: undefined }
  const command = { id: 'n1', cmdlet: 'New-MobileDeviceMailboxPolicy', parameters: { Name: parameters.Name } }
  const first = await (await relay.connect().hello()).run([command], { batchId })
  expect(first.rows).toHaveLength(1)
  const second = await (await relay.connect().hello()).run([command], { batchId })
  expect(second.rows).toEqual(first.rows)
  expect(second.results).toMatchObject([{ rowCount: 1 }])
  expect(relay.journal()).toHaveLength(1)
})

test('a repeat on another conversation while the first still runs waits for the same execution', async () => {
  relay = await startTestRelay()
  const commands = [change('ms=80'), change('ms=1'), change('ms=1')]
  const one = await relay.connect().hello()
  const other = await relay.connect().hello()
  one.batch(commands, { batchId })
  await relay.until(() => relay.journal().length > 0)
  const second = await other.run(commands, { batchId })
  const first = await one.outcomes(batchId)
  expect([first.repeated, second.repeated]).toEqual([false, true])
  expect(second.results).toEqual(first.results)
  expect(relay.journal()).toHaveLength(3)
})

test('when the conversation is lost, what was started ends and is remembered, the rest runs only when the batch is repeated', async () => {
  relay = await startTestRelay()
  const commands = Array.from({ length: 8 }, (_, number) => change(`ms=30 at=${number}`))
  const lost = await relay.connect().hello()
  lost.batch(commands, { batchId })
  await relay.until(() => relay.journal().length > 0)
  lost.socket.terminate()
  await relay.until(() => relay.conversations.size === 0)
  // Another conversation's command is behind them all: when it is done, nothing of the lost batch is waiting.
  const other = await relay.connect().hello()
  await other.run([change('marker')])
  const before = relay.journal().filter((line) => !line.includes('marker'))
  expect(before.length).toBeLessThanOrEqual(3)

  const { results, repeated } = await other.run(commands, { batchId })
  expect(repeated).toBe(true)
  expect(results.every(({ ok }) => ok)).toBe(true)
  expect(new Set(results.map(({ commandId }) => commandId))).toEqual(new Set(commands.map(({ id }) => id)))
  const executed = relay.journal().filter((line) => !line.includes('marker'))
  expect(executed).toHaveLength(8)
  expect(new Set(executed).size).toBe(8)
})

test('when one of two conversations is lost, the batch goes on for the other', async () => {
  relay = await startTestRelay()
  const commands = Array.from({ length: 6 }, (_, number) => change(`ms=20 at=${number}`))
  const one = await relay.connect().hello()
  const other = await relay.connect().hello()
  one.batch(commands, { batchId })
  await relay.until(() => relay.journal().length > 0)
  const outcomes = other.run(commands, { batchId })
  await relay.until(() => relay.ledger.viewers(batchId) === 2)
  one.socket.terminate()
  expect((await outcomes).results.every(({ ok }) => ok)).toBe(true)
  expect(relay.journal()).toHaveLength(6)
})

test('a command that was too late was not started, so a repeat with a new expiry runs it', async () => {
  relay = await startTestRelay()
  const commands = [change('ms=120'), change('a'), change('late')]
  const cloud = await relay.connect().hello()
  const soon = new Date(Date.now() + 60).toISOString()
  const first = await cloud.run(commands, { batchId, expiresAt: soon })
  expect(first.results.map(({ error }) => error?.category)).toEqual([undefined, 'expired', 'expired'])
  const other = await relay.connect().hello()
  const second = await other.run(commands, { batchId })
  expect(second.results.every(({ ok }) => ok)).toBe(true)
  expect(relay.journal()).toHaveLength(3)
})

test('an outcome that nobody knows is remembered as unknown and not tried again', async () => {
  relay = await startTestRelay()
  const commands = [change('exit=3')]
  const first = await (await relay.connect().hello()).run(commands, { batchId })
  const second = await (await relay.connect().hello()).run(commands, { batchId })
  expect(first.results).toMatchObject([{ ok: false, error: { category: 'childFailed' } }])
  expect(second.results).toEqual(first.results)
})

test('batches are forgotten after their time, and the memory of them is given back', async () => {
  let skippedMs = 0
  const now = () => Date.now() + skippedMs
  relay = await startTestRelay({
    options: { now },
    ledgerLimits: { keepMs: 10 * 60_000, batches: 2, chars: 1_000_000 },
  })
  const run = async (name: string) => {
    const issuedAt = new Date(now()).toISOString()
    const expiresAt = new Date(now() + 60_000).toISOString()
    return (await relay.connect().hello()).run([change(name)], { batchId: name, issuedAt, expiresAt })
  }
  await run('a')
  await run('b')
  skippedMs = 11 * 60_000
  await run('c')
  expect(relay.ledger.size).toEqual({ batches: 1, chars: expect.any(Number) })
})
