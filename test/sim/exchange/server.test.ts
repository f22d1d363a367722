import { spawnSync } from 'node:child_process'
import { writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { invokeOver, serveExchange, startExchange, type Served } from './startExchange.ts'

const mailbox = { Guid: '00000000-0000-4000-8000-00000000000a', PrimarySmtpAddress: 'ana@contoso.com' }
const device = {
  Guid: '00000000-0000-4000-8000-0000000000d1',
  Mailbox: mailbox.Guid,
  DeviceId: 'A',
  DeviceType: 'iPad',
}
const world = { world: { exchange: { mailboxes: [mailbox], devices: [device] } } }
const set = {
  cmdlet: 'Set-CASMailbox',
  parameters: { Identity: mailbox.Guid, ActiveSyncBlockedDeviceIDs: { Add: ['A'] } },
  returns: [],
}

async function openShell({ post }: Served, account = 'svc'): Promise<string> {
  const opened = await post('/shells', { account })
  return String(opened['shell'])
}

test('a command runs in a shell, and state and journal tell', async () => {
  const exchange = await serveExchange(world)
  const shell = await openShell(exchange)
  expect(await invokeOver(exchange.url, { shell, ...set })).toEqual({ rows: [], error: undefined, whole: true })
  expect(await exchange.get('/_sim/commands')).toMatchObject({
    count: 1,
    commands: [{ cmdlet: 'Set-CASMailbox', error: null }],
  })
  expect(await exchange.get('/_sim/state')).toMatchObject({
    organizationSettings: { DefaultAccessLevel: 'Allow' },
    accessRules: [],
    mailboxes: [{ Guid: mailbox.Guid, ActiveSyncAllowedDeviceIDs: [], ActiveSyncBlockedDeviceIDs: ['A'] }],
    devices: [{ Guid: device.Guid, DeviceAccessState: 'Blocked', DeviceAccessStateReason: 'Individual' }],
  })
})

test('patch and remove change the world; what is wrong is answered with 400 and its name', async () => {
  const { post, get } = await serveExchange(world)
  expect(await post('/_sim/patch', { organizationSettings: { DefaultAccessLevel: 'Quarantine' } })).toEqual({
    status: 200,
  })
  expect(await get('/_sim/state')).toMatchObject({ devices: [{ DeviceAccessState: 'Quarantined' }] })
  expect(await post('/_sim/remove', { devices: [device.Guid] })).toEqual({ status: 200 })
  expect(await get('/_sim/state')).toMatchObject({ devices: [] })
  expect(await post('/_sim/patch', { phones: [] })).toMatchObject({
    status: 400,
    error: { message: expect.stringContaining('phones') },
  })
  expect(await post('/_sim/faults', { latency: 5 })).toMatchObject({
    status: 400,
    error: { message: expect.stringContaining('latency') },
  })
  expect(await get('/elsewhere')).toMatchObject({ status: 404 })
})

test('an account has at most 18 shells, and closing one makes room', async () => {
  const exchange = await serveExchange(world)
  const shells = await Promise.all(Array.from({ length: 18 }, () => openShell(exchange)))
  const refused = {
    status: 429,
    error: { reason: 'PSRemotingTransportException', failureCategory: 'PSSessionOpenFailed,MaxConcurrentShells' },
  }
  expect(await exchange.post('/shells', { account: 'svc' })).toMatchObject(refused)
  expect(await openShell(exchange, 'other')).toMatch(/./)
  await fetch(`${exchange.url}/shells/${shells[0]}`, { method: 'DELETE' })
  expect(await openShell(exchange)).toMatch(/./)
  await exchange.post('/_sim/faults', { shellIdleMs: 0 })
  expect(await openShell(exchange)).toMatch(/./)
  expect(await exchange.get('/_sim/shells')).toMatchObject({ open: 1 })
})

test('a server that is down opens no shell, another does', async () => {
  const servers = [{ Name: 'EX1' }, { Name: 'EX2' }]
  const { post } = await serveExchange({ servers })
  await post('/_sim/faults', { unreachable: ['EX1'] })
  expect(await post('/shells', { account: 'svc', server: 'ex1.contoso.com' })).toMatchObject({ status: 429 })
  expect(await post('/shells', { account: 'svc', server: 'ex2.contoso.com' })).toMatchObject({
    status: 200,
    server: 'ex2.contoso.com',
  })
})

test('a shell runs one pipeline at a time, and none when it is gone', async () => {
  const exchange = await serveExchange(world)
  const shell = await openShell(exchange)
  await exchange.post('/_sim/faults', { hangNext: [{ cmdlet: 'Get-CASMailbox' }] })
  const hanging = new AbortController()
  const hung = fetch(`${exchange.url}/invoke`, {
    method: 'POST',
    body: JSON.stringify({ shell, cmdlet: 'Get-CASMailbox' }),
    signal: hanging.signal,
  }).catch(() => 'aborted')
  await expect
    .poll(async () => (await invokeOver(exchange.url, { shell, ...set })).error?.reason)
    .toBe('PSInvalidOperationException')
  hanging.abort()
  expect(await hung).toBe('aborted')
  await expect.poll(async () => (await invokeOver(exchange.url, { shell, ...set })).error).toBeUndefined()
  const gone = await invokeOver(exchange.url, { shell: 'gone', ...set })
  expect(gone.error).toMatchObject({ reason: 'InvalidRunspaceStateException' })
})

test.each([
  [{ failNext: [{ cmdlet: 'Set-CASMailbox', reason: 'ADOperationException' }] }, 'ADOperationException', true, 0],
  [
    { failNext: [{ reason: 'PSRemotingTransportException', retryAfterMs: 700 }] },
    'PSRemotingTransportException',
    true,
    0,
  ],
  [{ failNext: [{ cmdlet: 'Get-CASMailbox', reason: 'ADOperationException' }] }, undefined, true, 1],
  [{ cutNext: [{ when: 'before' }] }, undefined, false, 0],
  [{ cutNext: [{ when: 'midway' }] }, undefined, false, 1],
  [{ cutNext: [{ when: 'after' }] }, undefined, false, 1],
  [{ throttle: { requests: 0, periodMs: 60_000 } }, 'PSRemotingTransportException', true, 0],
  [{ hidden: { cmdlets: ['Set-CASMailbox'] } }, 'CommandNotFoundException', true, 1],
])('the fault %j', async (faults, reason, whole, commands) => {
  const exchange = await serveExchange(world)
  const shell = await openShell(exchange)
  await exchange.post('/_sim/faults', faults)
  const answer = await invokeOver(exchange.url, { shell, ...set })
  expect([answer.error?.reason, answer.whole]).toEqual([reason, whole])
  expect(await exchange.get('/_sim/commands')).toMatchObject({ count: commands })
})

test('a broken session stays broken, and faults can be taken away', async () => {
  const exchange = await serveExchange(world)
  const shell = await openShell(exchange)
  await exchange.post('/_sim/faults', {
    failNext: [{ reason: 'InvalidRunspaceStateException' }],
    latencyMs: { 'Set-CASMailbox': 1 },
  })
  const reason = async () => (await invokeOver(exchange.url, { shell, ...set })).error?.reason
  expect([await reason(), await reason()]).toEqual(['InvalidRunspaceStateException', 'InvalidRunspaceStateException'])
  await fetch(`${exchange.url}/_sim/faults`, { method: 'DELETE' })
  expect(await exchange.get('/_sim/faults')).toEqual({ status: 200 })
})

test('it ends when its standard input does, and on SIGTERM, with exit code 0', async () => {
  const first = await startExchange(world)
  await openShell(first)
  first.endStdin()
  expect(await first.exited).toBe(0)
  const second = await startExchange(world)
  second.signal('SIGTERM')
  expect(await second.exited).toBe(0)
})

test('a world that is not valid is told on stderr, with exit code 1', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'easgate-world-')), 'world.json')
  writeFileSync(file, JSON.stringify({ mailboxes: [{ guid: 'x' }] }))
  const program = path.resolve(import.meta.dirname, '../../../dist/sim/exchange/main.js')
  const { status, stderr } = spawnSync(process.execPath, [program, '--world', file], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('did you mean "Guid"')
})
