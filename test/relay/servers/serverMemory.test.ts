import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { reaches } from '../../../relay/servers/reaches.ts'
import { recallServers, rememberServers, serverFileName } from '../../../relay/servers/serverMemory.ts'
import { newFolder } from '../startRelay.ts'

const memory = { others: ['ex2.contoso.com'], learnedMs: Date.parse('2026-11-21T12:00:00Z') }
const nothing = { others: [], learnedMs: 0 }

test('what is remembered is there after a restart, whole, for the same configured server', async () => {
  const stateDir = path.join(newFolder(), 'new')
  await rememberServers(stateDir, 'ex1.contoso.com', memory)
  expect(recallServers(stateDir, 'EX1.contoso.com')).toEqual(memory)
  expect(recallServers(stateDir, 'other.contoso.com')).toEqual(nothing)
  expect(readdirSync(stateDir)).toEqual([serverFileName])
})

test.each(['', 'no JSON', '{"primary":"ex1"}', '{"primary":"ex1","learnedAt":"yesterday","others":[]}'])(
  'a file that cannot be used is as none: %j',
  (text) => {
    const stateDir = newFolder()
    writeFileSync(path.join(stateDir, serverFileName), text)
    expect(recallServers(stateDir, 'ex1')).toEqual(nothing)
  },
)

test('no file, or a folder in its place, is as none', () => {
  const stateDir = newFolder()
  expect(recallServers(stateDir, 'ex1')).toEqual(nothing)
  mkdirSync(path.join(stateDir, serverFileName))
  expect(recallServers(stateDir, 'ex1')).toEqual(nothing)
})

test('a port that somebody listens on is reached, and one that nobody listens on is not', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  expect(await reaches('127.0.0.1', port)).toBe(true)
  server.close()
  await once(server, 'close')
  expect(await reaches('127.0.0.1', port)).toBe(false)
  expect(await reaches('nowhere.invalid', port, 200)).toBe(false)
})
