import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { newKeyPair } from '../../protocol/signing.ts'
import { runProgram } from '../../relay/cli/program.ts'
import { statusCommand } from '../../relay/cli/status.ts'
import { healthOf, type HealthFacts } from '../../relay/cli/statusHealth.ts'
import { spanOf } from '../../relay/cli/statusLines.ts'
import { writeStatus, type RelayStatus } from '../../relay/statusFile.ts'
import { newFolder } from './startRelay.ts'

const nowMs = Date.parse('2026-11-21T20:00:00.000Z')
const before = (seconds: number) => new Date(nowMs - seconds * 1_000).toISOString()
const fingerprint = 'ab'.repeat(32)

const healthy: RelayStatus = {
  format: 1,
  updatedAt: before(10),
  pid: process.pid,
  state: 'running',
  version: '0.1.0',
  connectorId: 'contoso',
  fingerprint,
  startedAt: before(3 * 3_600 + 120),
  cloud: { connected: 2, channels: 2, since: before(600), lastError: null },
  exchange: {
    isOpen: true,
    server: 'ex01.contoso.com',
    since: before(600),
    reason: 'it is the configured server',
    configuredServer: 'ex01.contoso.com',
    standIns: ['ex02.contoso.com'],
    organization: 'Contoso',
    dialect: 'MobileDevice',
    lastFailure: null,
  },
  permissions: { checkedAt: before(600), missing: [] },
  conversations: 1,
  lastBatchAt: before(42),
  hasMail: true,
}
const { cloud, exchange } = healthy
const missing = { cmdlet: 'Set-CASMailbox', missing: 'cmdlet', role: 'Mail Recipients', consequence: 'x' } as const
const facts = (changes: Partial<RelayStatus> = {}, more: Partial<HealthFacts> = {}): HealthFacts => ({
  relay: { ...healthy, ...changes },
  retirement: null,
  nowMs,
  isAlive: (pid) => pid === process.pid,
  ...more,
})
const retirement = { connectorId: 'contoso', by: 'fabrikam', at: before(0) }

describe('a relay is healthy', () => {
  test.each([
    ['with all in order', {}],
    ['with one of two channels', { cloud: cloud && { ...cloud, connected: 1 } }],
    ['before its rights are known', { permissions: null }],
    [
      'without a right that is only nice to have',
      { permissions: { checkedAt: before(9), missing: [{ ...missing, severity: 'optional' as const }] } },
    ],
    [
      'on another server than the configured one',
      { exchange: { ...exchange, server: 'ex02.contoso.com', reason: 'ex01 failed' } },
    ],
    ['89 seconds after it wrote its status', { updatedAt: before(89) }],
  ])('%s', (_what, changes: Partial<RelayStatus>) => {
    expect(healthOf(facts(changes))).toEqual({
      format: 1,
      healthy: true,
      running: true,
      problems: [],
      relay: { ...healthy, ...changes },
    })
  })
})

describe('a relay is not healthy', () => {
  test.each<[string, HealthFacts, readonly string[], boolean]>([
    ['before its first start', facts({}, { relay: null }), ['neverRan'], false],
    ['when it was stopped', facts({ state: 'stopped' }), ['stopped'], false],
    ['when its process is gone', facts({ pid: process.pid + 1 }), ['dead'], false],
    ['when it is silent for more than 90 seconds', facts({ updatedAt: before(91) }), ['hangs'], false],
    ['when it is retired', facts({}, { retirement }), ['retired'], false],
    [
      'while it starts',
      facts({ state: 'starting', cloud: null, exchange: { ...exchange, isOpen: false } }),
      ['starting'],
      true,
    ],
    ['without a channel', facts({ cloud: cloud && { ...cloud, connected: 0 } }), ['cloudUnreachable'], true],
    ['without a session', facts({ exchange: { ...exchange, isOpen: false } }), ['exchangeUnreachable'], true],
    [
      'without a right that it needs',
      facts({ permissions: { checkedAt: before(9), missing: [{ ...missing, severity: 'needed' }] } }),
      ['permissionsMissing'],
      true,
    ],
    [
      'for several reasons at once',
      facts({ cloud: null, exchange: { ...exchange, isOpen: false } }),
      ['cloudUnreachable', 'exchangeUnreachable'],
      true,
    ],
  ])('%s', (_what, given, codes, running) => {
    const health = healthOf(given)
    expect(health.problems.map(({ code }) => code)).toEqual(codes)
    expect(health).toMatchObject({ healthy: false, running })
  })

  test('the reason of the last failure is told', () => {
    const lastError = { at: before(5), reason: 'the proxy wants credentials' }
    const lastFailure = { category: 'accessDenied', message: 'Access is denied.' }
    const health = healthOf(
      facts({
        cloud: cloud && { ...cloud, connected: 0, lastError },
        exchange: { ...exchange, isOpen: false, lastFailure },
      }),
    )
    expect(health.problems.map(({ text }) => text)).toEqual([
      'there is no connection to easgate: the proxy wants credentials; run easgate-relay check',
      'there is no session to Exchange: Access is denied.; run easgate-relay check',
    ])
  })
})

interface Windows {
  readonly installation?: object
  readonly answer?: object
}

async function status(written: RelayStatus | string | undefined, ...args: readonly string[]) {
  return statusOn(undefined, written, ...args)
}

/** `windows`: this is a Windows computer, where install left this, and Task Scheduler answers this. */
async function statusOn(
  windows: Windows | undefined,
  written: RelayStatus | string | undefined,
  ...args: readonly string[]
) {
  const folder = newFolder()
  const config = path.join(folder, 'relay.json')
  const address = 'wss://contoso.servicebus.windows.net/$hc/x'
  writeFileSync(
    config,
    JSON.stringify({
      connectorId: 'contoso',
      rendezvous: { address, keyName: 'listen', key: { env: 'KEY' } },
      cloudKeys: [newKeyPair().publicKey],
      stateDir: folder,
      connection: { server: 'ex01.contoso.com' },
    }),
  )
  if (typeof written === 'string') writeFileSync(path.join(folder, 'status.json'), written)
  else if (written) await writeStatus(folder, written)
  if (windows?.installation) writeFileSync(path.join(folder, 'installation.json'), JSON.stringify(windows.installation))
  const said = { stdout: '', stderr: '' }
  const surroundings = {
    env: {},
    platform: windows ? 'win32' : 'linux',
    asker: undefined,
    writeOut: (text: string) => (said.stdout += text),
    writeError: (text: string) => (said.stderr += text),
    windows: async () =>
      windows?.answer ? { ...windows.answer } : Promise.reject(new Error('Task Scheduler says nothing')),
  }
  const command = statusCommand(surroundings, () => nowMs)
  const exitCode = await runProgram([command], ['status', '--config', config, ...args], surroundings)
  return { exitCode, ...said }
}

describe('easgate-relay status', () => {
  test('a healthy relay: one line a subject, exit code 0', async () => {
    const { exitCode, stdout, stderr } = await status(healthy)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toBe(`Relay        healthy
Running      for 3 h 2 min, process ${process.pid}
Version      0.1.0
Connector    contoso
Fingerprint  ${fingerprint}
easgate      connected, 2 of 2 channels, for 10 min
Exchange     ex01.contoso.com, since 10 min ago (it is the configured server), organization Contoso
Permissions  complete
Work         last batch 42 s ago, 1 conversations open
Mail         sent by this relay
`)
  })

  test('one that hangs: why first, the rest is old; exit code 1', async () => {
    const { exitCode, stdout, stderr } = await status({ ...healthy, updatedAt: before(600) })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
    expect(stdout).toMatch(/^Relay +not running\nProblem +the relay \(process \d+\) has written no status since /)
    expect(stdout).toContain('(10 min ago)')
    expect(stdout).not.toContain('Exchange')
  })

  test('--json prints one object, healthy or not', async () => {
    const good = await status(healthy, '--json')
    expect(JSON.parse(good.stdout)).toEqual({ format: 1, healthy: true, running: true, problems: [], relay: healthy })
    const none = await status(undefined, '--json')
    expect(none.exitCode).toBe(1)
    expect(JSON.parse(none.stdout)).toEqual({
      format: 1,
      healthy: false,
      running: false,
      problems: [{ code: 'neverRan', text: expect.any(String) }],
      relay: null,
    })
  })

  const task = { kind: 'task', name: 'easgate-relay', account: 'CONTOSO\\easgate$' }
  test.each<[string, Windows, string | undefined]>([
    ['not installed', {}, 'it is not installed: run easgate-relay install'],
    [
      'a task',
      { installation: task, answer: { found: true, state: 'Ready', lastResult: 0x8007_0569 } },
      'Log on as a batch job',
    ],
    ['a task that this account may not see', { installation: task, answer: { found: false } }, undefined],
    ['no answer', { installation: task }, undefined],
    ['a service', { installation: { ...task, kind: 'service' } }, 'look at the service easgate-relay'],
  ])('on Windows, one that does not run comes with a hint why: %s', async (_what, windows, hint) => {
    const { stdout } = await statusOn(windows, { ...healthy, state: 'stopped' })
    if (hint === undefined) expect(stdout).not.toContain('Hint')
    else expect(stdout).toMatch(new RegExp(`^Hint .*${hint}`, 'm'))
    expect((await statusOn(windows, healthy)).stdout).not.toContain('Hint')
  })

  test.each(['{"format":2}', '{', ''])('a status file that holds %j is a failure that names it', async (text) => {
    const { exitCode, stderr } = await status(text)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('status.json')
  })
})

test.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h 0 min'],
  [49 * 3_600_000, '2 days'],
])('%i ms are %s', (ms, text) => {
  expect(spanOf(ms)).toBe(text)
})
