// The PowerShell child misbehaves while two conversations use it: what it had is answered as childFailed, the rest goes to the next child.
import { afterEach, expect, test } from 'vitest'
import { change, read } from './cloud.ts'
import { newFolder, startTestRelay, type TestRelay } from './startRelay.ts'

let relay: TestRelay
afterEach(async () => relay.stop())

test.each([
  ['hangs', 'hang'],
  ['floods', 'flood'],
  ['ends with exit code 0', 'exit=0'],
  ['ends with exit code 3', 'exit=3'],
  ['prints rubbish', 'rubbish'],
  ['counts its lines wrongly', 'wrongCount'],
])('when the child %s, only what it had been given is lost', async (_what, fault) => {
  relay = await startTestRelay({ times: { stepGraceMs: fault === 'hang' ? 800 : 5_000 } })
  const bad = await relay.connect().hello()
  const good = await relay.connect().hello()
  const calm = Array.from({ length: 10 }, (_, number) => change(`ms=5 calm=${number}`))
  const calmId = good.batch(calm)
  await relay.until(() => relay.journal().length > 0)
  const { results } = await bad.run([change(fault)])
  expect(results).toMatchObject([{ ok: false, error: { category: 'childFailed' } }])

  const outcomes = await good.outcomes(calmId)
  const lost = outcomes.results.filter(({ ok }) => !ok)
  expect(lost.length).toBeLessThanOrEqual(2)
  expect(lost.every(({ error }) => error?.category === 'childFailed')).toBe(true)
  expect(outcomes.results).toHaveLength(10)
  expect((await bad.run([read('rows=3')])).rows).toHaveLength(3)
})

test('two conversations run side by side on two sessions', async () => {
  relay = await startTestRelay({ parallel: 2 })
  const one = await relay.connect().hello()
  const other = await relay.connect().hello()
  const id = one.batch([change('stuck')])
  const { results } = await other.run(Array.from({ length: 20 }, () => change('ms=1')))
  expect(results.every(({ ok }) => ok)).toBe(true)
  expect(one.bodies.filter((body) => 'batchId' in body && body.batchId === id)).toEqual([])
})

test('a batch of one does not wait for a batch of a hundred', async () => {
  relay = await startTestRelay()
  const large = await relay.connect().hello()
  const small = await relay.connect().hello()
  const largeId = large.batch(Array.from({ length: 100 }, () => change('ms=2 large')))
  await relay.until(() => relay.journal().length > 0)
  await small.run([change('small')])
  expect(relay.journal().findIndex((line) => line.includes('small'))).toBeLessThan(20)
  await large.outcomes(largeId)
})

test('a child that ends between two steps costs nobody anything', async () => {
  relay = await startTestRelay()
  const cloud = await relay.connect().hello()
  await cloud.run([change('a')])
  const { pid } = relay.host
  process.kill(pid ?? 0, 'SIGKILL')
  await relay.until(() => relay.host.pid !== pid)
  expect((await cloud.run([change('b')])).results).toMatchObject([{ ok: true }])
})

test('a child that cannot be opened at first is tried again, and what waits is carried out', async () => {
  const once = `${newFolder()}/once`
  relay = await startTestRelay({ env: { FIXTURE_START: 'exit=3', FIXTURE_ONCE: once } })
  await relay.until(() => relay.host.isReady)
  const cloud = await relay.connect().hello()
  expect((await cloud.run([change('a')])).results).toMatchObject([{ ok: true }])
})

test.each([
  ['that stops when it is told to', 'stuck'],
  ['that does not stop', 'unstoppable'],
])('a command %s is answered when Exchange was silent for too long', async (_what, script) => {
  relay = await startTestRelay({ stopGraceMs: 60 })
  const outcome = await relay.runOne({ Identity: script }, { silenceMs: 60 })
  const category = script === 'stuck' ? 'sessionBroken' : 'childFailed'
  expect(outcome).toMatchObject({ ok: false, error: { category } })
  expect(await relay.runOne({ Identity: 'x' })).toMatchObject({ ok: true })
})
