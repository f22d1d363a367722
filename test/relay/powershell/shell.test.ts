// Each fault of node-powershell (the table in relay/powershell/shell.ts), made to happen with the fixture shell.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PowerShell } from 'node-powershell'
import { afterEach, expect, test } from 'vitest'
import type { ChildFailure } from '../../../relay/powershell/childFailure.ts'
import { Shell } from '../../../relay/powershell/shell.ts'
import { parseStepReply } from '../../../relay/powershell/stepReply.ts'
import { fixtureShell } from '../startRelay.ts'

const importLine = 'Import-Module $env:EASGATE_MODULE'
let shell: Shell | undefined
afterEach(() => shell?.kill())

async function start(env: NodeJS.ProcessEnv = {}, executable = fixtureShell): Promise<Shell> {
  shell = new Shell({ executable, env: { ...process.env, ...env }, maxReplyBytes: 2_000_000 }, importLine, 3_000)
  await shell.started
  await shell.invoke(line('Open', { parallel: 1, connection: { server: 'ex01' } }), 3_000)
  return shell
}

function line(name: 'Open' | 'Step', argument: object): string {
  return `${name}-Easgate '${Buffer.from(JSON.stringify(argument)).toString('base64')}'`
}

/** A step with one command that behaves as the script says. */
function step(script = '', waitMs = 0): string {
  const command = {
    key: 'c1',
    cmdlet: 'Get-MobileDevice',
    parameters: { Filter: script },
    notAfter: '2999-01-01T00:00:00Z',
  }
  const start = script === '' ? [] : [command]
  return line('Step', { start, hold: [], cancel: [], waitMs, maxRows: 1000 })
}

async function failureOf(call: Promise<unknown>): Promise<ChildFailure> {
  return call.then(
    () => Promise.reject(new Error('the call did not fail')),
    (error: ChildFailure) => error,
  )
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setImmediate(resolve))
}

test('1: markers that end in CRLF and arrive in one chunk hang the library, not the guard', async () => {
  process.env['FIXTURE_CRLF'] = '1'
  const bare = new PowerShell({ executable: fixtureShell, throwOnInvocationError: false })
  delete process.env['FIXTURE_CRLF']
  const hung = new Promise((resolve) => setTimeout(resolve, 400, 'hung'))
  expect(await Promise.race([bare.invoke(line('Open', { parallel: 1, connection: {} })), hung])).toBe('hung')
  await bare.dispose('SIGKILL').catch(() => {})

  const guarded = await start({ FIXTURE_CRLF: '1' })
  expect(parseStepReply(await guarded.invoke(step('rows=2', 50), 2_000)).events.length).toBeGreaterThanOrEqual(2)
})

test('2: a reply without end is cut off and the child killed', async () => {
  const guarded = await start()
  const failure = await failureOf(guarded.invoke(step('flood'), 5_000))
  expect(failure).toMatchObject({ kind: 'flood', message: expect.stringContaining('2000000 bytes') })
  await gone(guarded.pid ?? 0)
})

test.each([
  ['with exit code 0', 'exit=0', /ended/],
  ['with exit code 3', 'exit=3', /exit code 3/],
])('3: a child that ends %s during a call fails the call', async (_how, script, message) => {
  const guarded = await start()
  const failure = await failureOf(guarded.invoke(step(script), 3_000))
  expect(failure).toMatchObject({ kind: 'exit', message: expect.stringMatching(message) })
  expect(guarded.isAlive).toBe(false)
})

test('4: a second call at the same time is refused at once instead of queued for ever', async () => {
  const guarded = await start()
  const first = guarded.invoke(step('', 50), 2_000)
  await expect(guarded.invoke(step(), 2_000)).rejects.toThrow('one line at a time')
  await first
})

test.each([
  ['a child that dies before it was called', { FIXTURE_START: 'exit=3' }, fixtureShell, 'exit'],
  ['an executable that does not exist', {}, '/nowhere/powershell.exe', 'missing'],
])('5: %s is a failure and no unhandled rejection', async (_what, env, executable, kind) => {
  expect(await failureOf(start(env, executable))).toMatchObject({ kind })
})

test('6: a call that gets no answer in time fails, and child and grandchild are dead', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-tree-'))
  const guarded = await start({ FIXTURE_GRANDCHILD: path.join(folder, 'pid') })
  const failure = await failureOf(guarded.invoke(step('hang'), 150))
  expect(failure).toMatchObject({ kind: 'hang', message: expect.stringContaining('150 ms') })
  const grandchild = Number(readFileSync(path.join(folder, 'pid'), 'utf8'))
  await gone(guarded.pid ?? 0)
  await gone(grandchild)
})

test('7: the library remembers no calls', async () => {
  const guarded = await start()
  for (let call = 0; call < 5; call += 1) await guarded.invoke(step(), 2_000)
  expect(guarded).toMatchObject({ powershell: { history: [] } })
})

test.each([
  ['before its answer', 'noise', {}],
  ['behind the end marker, in one chunk with it', '', { FIXTURE_LATE_NOISE: '1' }],
])('8: text on stderr %s does not fail a call', async (_when, script, env) => {
  const guarded = await start(env)
  const text = await guarded.invoke(step(`${script} rows=1`, 50), 800)
  expect(parseStepReply(text).events[0]).toMatchObject({ row: { DeviceId: 'D§0' } })
})

test('9: a line that would leave PowerShell waiting for more is never sent', async () => {
  const guarded = await start()
  await expect(guarded.invoke('if (1) {\n', 1_000)).rejects.toThrow('one line')
  expect(guarded.isAlive).toBe(true)
})

test('10, 15, 16: the child is the configured one, started so that it never asks', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-args-'))
  const file = path.join(folder, 'args.json')
  const decoy = path.join(folder, 'decoy')
  writeFileSync(decoy, '#!/bin/sh\nexit 9\n', { mode: 0o700 })
  process.env['NODE_POWERSHELL'] = decoy
  await start({ FIXTURE_ARGS: file, NODE_POWERSHELL: decoy })
  delete process.env['NODE_POWERSHELL']
  expect(existsSync(file)).toBe(true)
  const seen = JSON.parse(readFileSync(file, 'utf8'))
  expect(seen.args.slice(0, 3)).toEqual(['-NoLogo', '-NoProfile', '-NonInteractive'])
  expect(seen.args.slice(-3)).toEqual(['-NoExit', '-Command', '-'])
  expect(seen.env).not.toHaveProperty('NODE_POWERSHELL')
  expect(seen.env).toMatchObject({ DOTNET_MultiCoreJitMinNumCpus: 'FFFF' })
})

test('11: letters outside ASCII survive in both directions', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-utf8-'))
  const journal = path.join(folder, 'journal')
  const guarded = await start({ FIXTURE_JOURNAL: journal })
  const { events } = parseStepReply(await guarded.invoke(step('rows=1 n=Zoë§中', 50), 2_000))
  expect(events[0]).toMatchObject({ row: { DeviceId: 'D§0' } })
  expect(readFileSync(journal, 'utf8')).toContain('n=Zoë§中')
})

test('12: a value that looks like code arrives as it is, and the line sent has no trace of it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-code-'))
  const journal = path.join(folder, 'journal')
  const guarded = await start({ FIXTURE_JOURNAL: journal })
  const evil = `x='"$(Remove-Item -Recurse C:)";`
  const sent = step(evil, 50)
  expect(sent).toMatch(/^Step-Easgate '[A-Za-z0-9+/=]+'$/)
  await guarded.invoke(sent, 2_000)
  expect(readFileSync(journal, 'utf8')).toContain(evil)
})

const megabytes = () => process.memoryUsage().arrayBuffers / 1_000_000

test('17: replies do not stay in memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const guarded = await start()
  const readMegabyte = async () => guarded.invoke(step('rows=1000 pad=1000', 500), 5_000)
  for (let call = 0; call < 3; call += 1) await readMegabyte()
  collect()
  const before = megabytes()
  for (let call = 0; call < 12; call += 1) await readMegabyte()
  // The collector gives buffers back a little after it ran.
  for (let turn = 0; turn < 100 && megabytes() - before > 4; turn += 1) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(megabytes() - before).toBeLessThan(4)
})

test('a child that ends between two calls is noticed', async () => {
  const guarded = await start()
  const noticed = new Promise<void>((resolve) => (guarded.onIdleExit = resolve))
  process.kill(guarded.pid ?? 0, 'SIGKILL')
  await noticed
  expect(guarded.isAlive).toBe(false)
})
