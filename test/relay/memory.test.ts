import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { read } from './cloud.ts'
import { connectThrough, startNamespace, startProgram, writeConfig, type RelayProgram } from './relayProgram.ts'

function residentMb({ child }: RelayProgram): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

test('100,000 rows of 600 characters pass through a relay of 64 MB, at the pace of its reader', async () => {
  const rendezvous = await startNamespace()
  const program = startProgram(['--config', writeConfig(rendezvous)], ['--max-old-space-size=64'])
  await program.ready()
  const cloud = await connectThrough(rendezvous)
  cloud.keeps = false
  // Stop and go: the reader takes 2000 rows, and only then 2000 more.
  cloud.givesCredit = false
  const residentAt = new Map<number, number>()
  cloud.onRows = (total) => {
    if (total % 2_000 !== 0) return
    cloud.send({ type: 'credit', rows: 2_000 })
    residentAt.set(total, residentMb(program))
  }
  await cloud.hello({ rowCredit: 2_000 })
  const { results } = await cloud.run([read('rows=100000 pad=480')])
  expect(results).toMatchObject([{ ok: true, rowCount: 100_000 }])
  expect(cloud.rowCount).toBe(100_000)
  const late = [...residentAt].filter(([total]) => total > 30_000).map(([, megabytes]) => megabytes)
  expect(late.length).toBeGreaterThan(30)
  expect(Math.max(...late) - Math.min(...late)).toBeLessThan(40)
  expect(Math.max(...late)).toBeLessThan(160)
})
