// The operations for tasks, services and events of Invoke-EasgateWindows.ps1, on a real PowerShell with stand-ins for the cmdlets of Windows.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { fixture, onPowerShell, powershell } from '../powershell/realPowerShell.ts'
import { newFolder } from '../startRelay.ts'

const script = fileURLToPath(new URL('../../../relay/powershell/Invoke-EasgateWindows.ps1', import.meta.url))
const secret = 'pw-$(x)"\'`\u00e9'
const task = {
  name: 'easgate-relay',
  description: 'Connects Exchange.',
  executable: 'C:\\Program Files\\nodejs\\node.exe',
  arguments: '"C:\\Program Files\\easgate\\easgate-relay.mjs" run --config C:\\ProgramData\\easgate\\relay.json',
  folder: 'C:\\Program Files\\easgate',
  account: 'CONTOSO\\easgate$',
  logon: 'Password',
  start: true,
}

type Request = readonly [operation: string, input: object]

interface Done {
  readonly answers: readonly Record<string, unknown>[]
  /** What the cmdlets that change something were given, request by request. */
  readonly calls: readonly Record<string, unknown>[][]
}

/** One computer, one PowerShell, one request after the other. */
function ask(requests: readonly Request[], denied = ''): Done {
  const callsFile = path.join(newFolder(), 'calls.json')
  const own = { FIXTURE_CALLS: callsFile, FIXTURE_DENIED: denied, NO_COLOR: '1', POWERSHELL_TELEMETRY_OPTOUT: '1' }
  const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-File', fixture('WindowsCmdlets.ps1'), '-Script', script]
  const { stdout, stderr } = spawnSync(powershell ?? '', args, {
    input: requests.map(([operation, input]) => `${JSON.stringify({ operation, ...input })}\n`).join(''),
    env: { ...process.env, ...own },
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  const answers = stdout.trim().split('\n')
  expect(answers).toHaveLength(requests.length)
  return {
    answers: answers.map((line) => JSON.parse(line) as Record<string, unknown>),
    calls: JSON.parse(readFileSync(callsFile, 'utf8')) as Record<string, unknown>[][],
  }
}

onPowerShell(() => {
  test('a task starts with the computer and every minute, without limits; it can be replaced, asked for and removed', () => {
    const { name } = task
    const { answers, calls } = ask([
      ['installTask', task],
      ['installTask', { ...task, account: 'CONTOSO\\svc', secret, start: false }],
      ['taskState', { name }],
      ['uninstallTask', { name }],
      ['uninstallTask', { name }],
      ['taskState', { name }],
      ['serviceState', { name }],
      ['serviceState', { name: 'x' }],
    ])
    const found = { ok: true, found: true }
    const ran = { lastRun: '2026-11-21T20:00:00Z', lastResult: 0x8007_0569 }
    expect(answers).toEqual([
      { ...found, ...ran, state: 'Running', account: task.account },
      { ...found, ...ran, state: 'Ready', account: 'CONTOSO\\svc' },
      { ...found, ...ran, state: 'Ready', account: 'CONTOSO\\svc' },
      found,
      { ok: true, found: false },
      { ok: true, found: false },
      { ...found, state: 'Running', account: task.account },
      { ok: true, found: false },
    ])
    const TaskName = name
    const registered = {
      cmdlet: 'Register-ScheduledTask',
      TaskName,
      Description: task.description,
      Action: [{ execute: task.executable, argument: task.arguments, folder: task.folder }],
      Trigger: [{ trigger: 'startup' }, { trigger: 'once', isPast: true, everySeconds: 60, forDays: 3_650 }],
      Settings: { restarts: 255, restartSeconds: 60, limitSeconds: 0, instances: 'IgnoreNew', priority: 5 },
      Force: { IsPresent: true },
    }
    const stopped = [
      { cmdlet: 'Disable-ScheduledTask', TaskName },
      { cmdlet: 'Stop-ScheduledTask', TaskName },
    ]
    const [first, second, , removed, ...rest] = calls
    const Principal = { userId: task.account, logonType: 'Password' }
    expect(first).toEqual([
      { ...registered, Principal },
      { cmdlet: 'Start-ScheduledTask', TaskName },
    ])
    expect(second).toEqual([...stopped, { ...registered, User: 'CONTOSO\\svc', Password: secret }])
    expect(removed).toEqual([
      ...stopped,
      { cmdlet: 'Unregister-ScheduledTask', TaskName, Confirm: { IsPresent: false } },
    ])
    expect(rest.flat()).toEqual([])
  })

  test('the source of the event log is registered, and entries are written in order with id, level and text', () => {
    const source = 'easgate relay'
    const entries = [
      { id: 1000, level: 'Information', text: 'started\r\n\r\nquotes "\' `$(x) \u00e4 \ud83d\ude00' },
      { id: 1030, level: 'Error', text: 'refused' },
    ]
    const { answers, calls } = ask([
      ['registerEventSource', { source }],
      ['writeEvents', { source, entries }],
      ['writeEvents', { source, entries: entries.slice(0, 1) }],
      ['removeEventSource', { source }],
    ])
    expect(answers).toEqual([
      { ok: true, isNew: true },
      { ok: true, written: 2 },
      { ok: true, written: 1 },
      { ok: true, found: false },
    ])
    const written = entries.map(({ id, level, text }) => ({
      cmdlet: 'Write-EventLog',
      LogName: 'Application',
      Source: source,
      EventId: id,
      EntryType: level,
      Message: text,
    }))
    const register = { cmdlet: 'New-EventLog', LogName: 'Application', Source: [source] }
    expect(calls).toEqual([[register], written, written.slice(0, 1), []])
  })

  test('missing rights and missing input are told apart, and no answer has the password', () => {
    const { answers } = ask(
      [
        ['installTask', { ...task, secret }],
        ['installTask', { ...task, arguments: '' }],
        ['uninstallTask', {}],
        ['registerEventSource', { source: 5 }],
        ['writeEvents', { entries: [] }],
      ],
      'Register-ScheduledTask',
    )
    const [denied, ...bad] = answers
    expect(denied).toEqual({ ok: false, error: { category: 'accessDenied', message: 'Access is denied.' } })
    for (const answer of bad) expect(answer).toMatchObject({ ok: false, error: { category: 'badInput' } })
    expect(JSON.stringify(answers)).not.toContain('pw-')
  })
})
