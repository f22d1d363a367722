// The module in a real PowerShell: how sessions end, by age or with the process, and what a step tells of them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { CommandRunner } from '../../../relay/powershell/commandRunner.ts'
import type { Shell } from '../../../relay/powershell/shell.ts'
import {
  argument,
  fixture,
  importLine,
  newHost,
  onPowerShell,
  powershell,
  realEnvironment,
  startShell,
  tracesOf,
} from './realPowerShell.ts'

const callMs = 50_000
const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-NoExit', '-Command', '-']
const idle = { start: [], hold: [], cancel: [], waitMs: 0, maxRows: 10 }

onPowerShell(() => {
  test('when standard input ends, the sessions are closed and PowerShell ends', async () => {
    const { env, folder } = realEnvironment()
    const child = start(env, 'ignore')
    child.stdin.end([importLine, open({ failures: {} }), `& '${fixture('StatesAtExit.ps1')}'`, ''].join('\n'))
    await once(child, 'exit')
    expect(statesIn(folder)).toBe('Closed')
  })

  test('when the relay is killed while a command runs, the sessions are closed and PowerShell ends', async () => {
    const { env, folder } = realEnvironment()
    const never = command('Get-User', { Identity: 'never', ResultSize: 99 })
    const relay = startRelay(env, [
      importLine,
      open({}),
      `& '${fixture('StatesAtExit.ps1')}'`,
      `Step-Easgate ${argument({ ...idle, start: [never], waitMs: 500 })}`,
    ])
    const pid = await pidOf(relay)
    onTestFinished(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')))
    await until(() => tracesOf(folder, 'never').length === 1)
    relay.kill('SIGKILL')
    await until(() => !isAlive(pid))
    expect(statesIn(folder)).toBe('Closed')
    await until(() => !tracesOf(folder, 'forest').some(isAlive))
  })

  test.skipIf(process.platform === 'win32')('a session that does not close does not keep PowerShell', async () => {
    const { env, folder } = realEnvironment()
    const child = start(env, 'pipe')
    child.stdin.write([importLine, open({ closeMs: 200 }), `& '${fixture('StatesAtExit.ps1')}'`, ''].join('\n'))
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) if (chunk.includes('"end":true')) break
    const [session] = tracesOf(folder, 'forest')
    if (!session) throw new Error('no session was opened')
    process.kill(session, 'SIGSTOP')
    onTestFinished(() => void process.kill(session, 'SIGKILL'))
    child.stdin.end()
    await once(child, 'exit')
    expect(statesIn(folder)).toBe('Closing')
  })

  test('an old session is closed at a step without commands and opened again for the next command', async () => {
    const { env, folder } = realEnvironment()
    const shell = await newShell(env)
    await shell.invoke(open({ failures: {}, lifeMs: 600_000 }), callMs)
    expect(await run(shell, command('Get-Recipient', { Identity: 'young' }))).toMatchObject({ ok: true })
    expect(await run(shell, command('Get-Recipient', { Identity: 'young' }))).toMatchObject({ ok: true })
    expect(await step(shell, idle)).toEqual({ end: true, lines: 0, running: 0, queued: 0, open: 1, calls: true })
    await shell.invoke(open({ failures: {}, lifeMs: 1 }), callMs)
    expect(await step(shell, idle)).toEqual({ end: true, lines: 0, running: 0, queued: 0, open: 0, calls: true })
    expect(await run(shell, command('Get-Recipient', { Identity: 'after' }))).toMatchObject({ ok: true })
    expect(new Set(tracesOf(folder, 'young')).size).toBe(1)
    expect(tracesOf(folder, 'young')).not.toContain(tracesOf(folder, 'after')[0])
  })

  test('the relay steps now and then when it has no command, so that no session is left idle', async () => {
    const { env, folder } = realEnvironment()
    const log = pino({ level: 'silent' })
    const host = newHost(env, 1, { lifeMs: 1 })
    const runner = new CommandRunner({ host, parallel: 1, now: Date.now, log, idlePauseMs: 10 })
    await runner.start()
    await until(() => tracesOf(folder, 'closed').length === 1)
    await runner.close(5_000)
  })

  test('a session that grows old under one command after the other is replaced between two of them', async () => {
    const { env, folder } = realEnvironment()
    const shell = await newShell(env)
    await shell.invoke(open({ failures: {}, lifeMs: 1 }), callMs)
    const start = ['a', 'b'].map((key) => ({ ...command('Get-Recipient', { Identity: key }), key }))
    let done = 0
    for (let request: object = { ...idle, start }; done < 2; request = { ...idle, waitMs: 250 }) {
      done += (await lines(shell, request)).filter((line) => line.includes('"done":{')).length
    }
    expect(tracesOf(folder, 'a')).toHaveLength(1)
    expect(tracesOf(folder, 'a')).not.toEqual(tracesOf(folder, 'b'))
  })

  test('a step tells how many sessions are not closed, and why there is none', async () => {
    const { env, folder } = realEnvironment()
    const shell = await newShell(env)
    await shell.invoke(open({ failures: {} }, 2), callMs)
    expect(await step(shell, idle)).toEqual({ end: true, lines: 0, running: 0, queued: 0, open: 2, calls: true })
    await shell.invoke(open({ failures: {}, lifeMs: 1 }, 2), callMs)
    writeFileSync(path.join(folder, 'refusal'), JSON.stringify({ code: 5, message: 'x' }))
    expect(await step(shell, idle)).toMatchObject({ open: 0 })
    const failure = { category: 'accessDenied', message: 'x' }
    expect(await run(shell, command('Remove-MobileDevice'))).toMatchObject({ ok: false, error: failure })
    expect(await step(shell, idle)).toEqual({
      end: true,
      lines: 0,
      running: 0,
      queued: 0,
      open: 0,
      calls: true,
      failure,
    })
  })
})

function start(env: NodeJS.ProcessEnv, stdout: 'pipe' | 'ignore') {
  const child = spawn(powershell ?? '', args, { env, stdio: ['pipe', stdout, 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (!child.stdin) throw new Error('it has no standard input')
  return Object.assign(child, { stdin: child.stdin })
}

async function newShell(env: NodeJS.ProcessEnv): Promise<Shell> {
  const shell = await startShell(env)
  onTestFinished(() => shell.kill())
  return shell
}

function open(connection: object, parallel = 1): string {
  const server = { server: 'ex01', viewEntireForest: !('failures' in connection) }
  return `Open-Easgate ${argument({ parallel, connection: { ...server, ...connection } })}`
}

function command(cmdlet: string, parameters: object = {}): object {
  return { key: 'c1', cmdlet, parameters, returns: [], notAfter: '2999-01-01T00:00:00Z' }
}

async function lines(shell: Shell, request: object): Promise<string[]> {
  return (await shell.invoke(`Step-Easgate ${argument(request)}`, callMs)).split('\n')
}

/** The last line of a step. */
async function step(shell: Shell, request: object): Promise<unknown> {
  return JSON.parse((await lines(shell, request)).at(-1) ?? '')
}

/** The outcome of one command. */
async function run(shell: Shell, start: object): Promise<unknown> {
  for (let request: object = { ...idle, start: [start], waitMs: 250 }; ; request = { ...idle, waitMs: 250 }) {
    const outcome = (await lines(shell, request)).find((line) => line.includes('"done":{'))
    if (outcome) return (JSON.parse(outcome) as { done: unknown }).done
  }
}

/** A process between this one and PowerShell, as the relay is; prints PowerShell's process id and gives it the lines. */
function startRelay(env: NodeJS.ProcessEnv, given: readonly string[]): ChildProcess {
  const script = `
    const child = require('node:child_process').spawn(process.argv[1], JSON.parse(process.argv[2]), { stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdout.resume()
    child.stdin.write(process.argv[3])
    process.stdout.write(child.pid + '\\n')`
  const parameters = ['-e', script, powershell ?? '', JSON.stringify(args), `${given.join('\n')}\n`]
  return spawn(process.execPath, parameters, { env, stdio: ['ignore', 'pipe', 'inherit'] })
}

async function pidOf(relay: ChildProcess): Promise<number> {
  const [chunk] = (await once(relay.stdout ?? relay, 'data')) as [Buffer]
  return Number(chunk.toString())
}

async function until(claim: () => boolean): Promise<void> {
  const endMs = Date.now() + callMs
  while (!claim()) {
    if (Date.now() > endMs) throw new Error(`still not so: ${claim.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch {
    return false
  }
}

/** Ended, but nobody has asked for its exit code: in a container without an init that stays so. */
function isZombie(pid: number): boolean {
  const file = `/proc/${pid}/stat`
  return existsSync(file) && /\) Z /.test(readFileSync(file, 'utf8'))
}

function statesIn(folder: string): string {
  return readFileSync(path.join(folder, 'states'), 'utf8')
}
