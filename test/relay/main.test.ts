import { beforeEach, expect, test } from 'vitest'
import type { Rendezvous } from '../../sim/rendezvous/startRendezvous.ts'
import { change, read } from './cloud.ts'
import { connectThrough, rule, startNamespace, startProgram, writeConfig, writeShell } from './relayProgram.ts'

let rendezvous: Rendezvous
beforeEach(async () => {
  rendezvous = await startNamespace()
})

test('the program registers, serves a conversation through the rendezvous, and ends cleanly on SIGTERM', async () => {
  const program = startProgram(['--config', writeConfig(rendezvous)])
  expect(await program.ready()).toEqual({ ready: true, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const cloud = await (await connectThrough(rendezvous)).hello()
  const { results } = await cloud.run([read('rows=3')])
  expect(results).toMatchObject([{ ok: true, rowCount: 3 }])

  program.child.kill('SIGTERM')
  expect(await cloud.closed()).toBe(1001)
  expect(await program.exited).toEqual([0, null])
  expect(program.said.stdout.trim().split('\n')).toHaveLength(1)
  expect(program.said.stderr).toContain('"event":"relay.stopped"')
  expect(program.said.stderr).not.toContain(rule.key)
})

test('with --with-parent the program ends when standard input ends', async () => {
  const program = startProgram(['--config', writeConfig(rendezvous), '--with-parent'])
  await program.ready()
  program.child.stdin.end()
  expect(await program.exited).toEqual([0, null])
})

test('a configuration with problems ends the program with all of them on standard error', async () => {
  const program = startProgram(['--config', writeConfig(rendezvous, { cloudKeys: [], stateDir: 5 })])
  expect(await program.exited).toEqual([1, null])
  expect(program.said.stderr).toContain('cloudKeys')
  expect(program.said.stderr).toContain('stateDir')
  expect(program.said.stdout).toBe('')
})

test('a program that cannot start ends, also while its parent keeps standard input open', async () => {
  const program = startProgram(['--config', writeConfig(rendezvous, { cloudKeys: [] }), '--with-parent'])
  expect(await program.exited).toEqual([1, null])
})

test('a batch that runs is finished before the program ends', async () => {
  const program = startProgram(['--config', writeConfig(rendezvous)])
  await program.ready()
  const cloud = await (await connectThrough(rendezvous)).hello()
  const batchId = cloud.batch(Array.from({ length: 12 }, () => change('ms=30')))
  await cloud.body(({ type }) => type === 'results')
  program.child.kill('SIGTERM')
  const { results } = await cloud.outcomes(batchId)
  expect(results.filter(({ ok }) => ok)).toHaveLength(12)
  expect(await cloud.closed()).toBe(1001)
  expect(await program.exited).toEqual([0, null])
})

test('the program stops at once while it still waits for Exchange', async () => {
  const hangs = { executable: writeShell('sleep 60') }
  const program = startProgram(['--config', writeConfig(rendezvous, { powershell: hangs }), '--with-parent'])
  await program.logged('relay.starting')
  program.child.stdin.end()
  expect(await program.exited).toEqual([0, null])
})
