// The module in a real PowerShell: how commands and sessions fail, and what becomes of them. Failures are told apart by reason, category
// and code, so the messages of the tests are in no language that it could know.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ShellHost } from '../../../relay/powershell/shellHost.ts'
import { parseCloseReply, parseOpenReply } from '../../../relay/powershell/stepReply.ts'
import { argument, newHost, onPowerShell, realEnvironment, startShell, Steps, tracesOf } from './realPowerShell.ts'

const openMs = 120_000

onPowerShell(() => {
  const { env, folder } = realEnvironment()
  let host: ShellHost
  let steps: Steps
  beforeAll(async () => {
    host = newHost(env, 2)
    await host.open()
    steps = new Steps(host)
  }, openMs)
  afterAll(async () => host.close())

  test.each([
    ['notFound', 'notFound'],
    ['thrown', 'notFound'],
    ['ambiguous', 'ambiguous'],
    ['rights', 'accessDenied'],
    ['denied', 'accessDenied'],
    ['unauthorized', 'accessDenied'],
    ['runspaces', 'shellLimit'],
    ['other', 'other'],
    ['partly', 'other'],
  ])('an error that Exchange calls %s is of the category %s', async (identity, category) => {
    const { outcome } = await steps.run('Get-MobileDeviceStatistics', { Identity: identity }, ['Identity'])
    expect(outcome).toMatchObject({ ok: false, error: { category, message: 'x' } })
    expect(tracesOf(folder, identity)).toHaveLength(1)
  })

  test('a cmdlet or a parameter that roles hide is told as hidden', async () => {
    expect((await steps.run('Get-Hidden')).outcome?.error?.category).toBe('cmdletHidden')
    expect((await steps.run('Get-User', { Hidden: 1 })).outcome?.error?.category).toBe('parameterHidden')
  })

  test('a list that breaks off with an error gave the rows before it and failed', async () => {
    const { rows, outcome } = await steps.run('Get-MobileDeviceStatistics', { Identity: 'partly' }, ['Identity'])
    expect(rows).toEqual([{ Identity: 'first' }, { Identity: 'third' }, { Identity: 'partly' }])
    expect(outcome?.ok).toBe(false)
  })

  test('a Get whose session breaks before a row is given is run once more, on another session', async () => {
    const { rows, outcome } = await steps.run('Get-MobileDeviceStatistics', { Identity: 'breaksOnce' }, ['Identity'])
    expect([rows, outcome?.ok]).toEqual([[{ Identity: 'breaksOnce' }], true])
    expect(new Set(tracesOf(folder, 'breaksOnce')).size).toBe(2)
  })

  test('one whose second session breaks, too, fails as broken, and the next command gets a new session', async () => {
    const { outcome } = await steps.run('Get-MobileDeviceStatistics', { Identity: 'breaks' })
    expect(outcome).toMatchObject({ ok: false, error: { category: 'sessionBroken' } })
    expect(tracesOf(folder, 'breaks')).toHaveLength(2)
    const prepared = tracesOf(folder, 'forest').length
    expect((await steps.run('Get-MobileDeviceStatistics', { Identity: 'after' })).outcome?.ok).toBe(true)
    expect(tracesOf(folder, 'forest').length).toBeGreaterThan(prepared)
  })

  test('one that has given a row is not run again', async () => {
    const [ran] = await steps.start({
      cmdlet: 'Get-MobileDeviceStatistics',
      parameters: { Identity: 'breaksLate' },
      returns: ['Identity'],
    })
    await steps.until(() => ran?.rows.length === 1)
    await steps.start({ cmdlet: 'Get-User', parameters: { Identity: 'rowSeen' } })
    await steps.until(() => ran?.outcome !== undefined)
    expect(ran?.outcome?.error?.category).toBe('sessionBroken')
    expect(tracesOf(folder, 'breaksLate')).toHaveLength(1)
  })

  test('a command that makes something is never run again', async () => {
    const { outcome } = await steps.run('New-ActiveSyncDeviceAccessRule', { QueryString: 'x' })
    expect(outcome?.error?.category).toBe('sessionBroken')
    expect(tracesOf(folder, 'new')).toHaveLength(1)
  })

  test('a pipeline that was stopped by someone else has an unknown outcome', async () => {
    const { outcome } = await steps.run('New-ActiveSyncDeviceAccessRule', { QueryString: 'stopped' })
    expect(outcome?.error?.category).toBe('sessionBroken')
  })

  test('a step that waits ends when the relay calls, and a call that came too late ends no other', async () => {
    const called = { cmdlet: 'Get-User', parameters: { Identity: 'called', ResultSize: 99 }, returns: ['Identity'] }
    const { key = '', rows = [] } = (await steps.start(called))[0] ?? {}
    // Its one row is here, so nothing but a call can end the next step
    await steps.until(() => rows.length === 1)
    const waiting = steps.take({ waitMs: 100_000 })
    host.call()
    expect(await waiting).toEqual([])
    expect(steps.running).toBe(1)
    host.call()
    const began = Date.now()
    await steps.take({ waitMs: 300 })
    expect(Date.now() - began).toBeGreaterThan(290)
    await steps.take({ cancel: [key], waitMs: 10_000 })
    await steps.until(() => steps.running === 0)
  })

  test('closing closes every session', async () => {
    const { env: own, folder: traces } = realEnvironment()
    const shell = await startShell(own)
    const settings = { parallel: 2, connection: { server: 'ex01', viewEntireForest: true } }
    expect(parseOpenReply(await shell.invoke(`Open-Easgate ${argument(settings)}`, openMs))).toMatchObject({
      server: 'ex01',
    })
    const nothing = { start: [], hold: [], cancel: [], waitMs: 20, maxRows: 1 }
    while (tracesOf(traces, 'forest').length < 2) await shell.invoke(`Step-Easgate ${argument(nothing)}`, openMs)
    expect(tracesOf(traces, 'closed')).toEqual([])
    parseCloseReply(await shell.invoke('Close-Easgate', openMs))
    expect(new Set(tracesOf(traces, 'closed'))).toEqual(new Set(tracesOf(traces, 'forest')))
    expect(tracesOf(traces, 'closed')).toHaveLength(2)
    expect(shell.isAlive).toBe(true)
    shell.kill()
  })
})
