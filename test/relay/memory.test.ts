import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { Rendezvous } from '../../sim/rendezvous/startRendezvous.ts'
import { read } from './cloud.ts'
import { connectThrough, startNamespace, startProgram, writeConfig, type RelayProgram } from './relayProgram.ts'

let rendezvous: Rendezvous
let program: RelayProgram
afterEach(async () => {
  program.child.kill('SIGKILL')
  await rendezvous.close()
})

function residentMb(): number {
  const status = readFileSync(`/proc/${program.child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

test('100,000 rows of 600 characters pass through a relay of 64 MB, at the pace of its reader', async () => {
  rendezvous = await startNamespace()
  program = startProgram(['--config', writeConfig(rendezvous)], ['--max-old-space-size=64'])
  await program.ready()
  const cloud = await connectThrough(rendezvous)
  cloud.keeps = false
  const atRows = new Map<number, number>()
  cloud.onRows = (total) => {
    if (total % 10_000 < 500) atRows.set(Math.floor(total / 10_000), residentMb())
  }
  await cloud.hello()
  const { results } = await cloud.run([read('rows=400000 pad=480')])
  expect(results).toMatchObject([{ ok: true, rowCount: 400_000 }])
  expect(cloud.rowCount).toBe(400_000)
  console.log([...atRows])
})
