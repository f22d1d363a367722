import { afterEach, expect, test } from 'vitest'
import { change, read } from './cloud.ts'
import { startTestRelay, type TestRelay } from './startRelay.ts'

let relay: TestRelay
afterEach(async () => relay.stop())

test('rows come in messages, then results, then the end', async () => {
  relay = await startTestRelay({ parallel: 2 })
  const cloud = await relay.connect().hello()
  const { rows, results } = await cloud.run([read('rows=700'), read('rows=3 ms=5')])
  expect(rows.length).toBe(703)
  expect(results.map((result) => result.rowCount).sort()).toEqual([3, 700])
})
test('changes run', async () => {
  relay = await startTestRelay({ parallel: 2 })
  const cloud = await relay.connect().hello()
  const { results } = await cloud.run([change('ms=1'), change('fail=notFound')])
  expect(results.map((result) => result.ok)).toEqual([false, true])
})
