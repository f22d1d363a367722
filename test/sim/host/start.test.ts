/** How the host starts, and what it refuses to start with. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { builtHost } from './builtHost.ts'
import { HostProcess, killHosts } from './hostProcess.ts'

afterAll(killHosts)

describe.concurrent('exits 1 and says why when', () => {
  test.each([
    ['two functions share a name', 'broken/duplicate.js', {}, 'two functions are named "Twin"'],
    ['the entry file throws', 'broken/throws.js', {}, 'the entry file is broken'],
    ['nothing is registered', 'broken/empty.js', {}, 'registered no function'],
    ['the entry file is missing', 'broken/nowhere.js', {}, 'does not exist'],
    ['HTTP streaming is switched on', 'broken/streaming.js', {}, 'HTTP streaming'],
    [
      'a binding is not known here',
      'broken/blob.js',
      {},
      'function "a": the local host does not know the in binding blobTrigger',
    ],
    ['a route cannot be reached in Azure', 'broken/routes.js', {}, 'begins with "admin"'],
    [
      'a schedule is refused',
      'timers.js',
      { EVERY_SECOND: '@daily' },
      'function "slow": the schedule "@daily" has 1 fields',
    ],
    ['a connection is none', 'queues.js', { ECHOED: 'echoed', Store: 'x' }, 'is not a storage connection string'],
    ['a queue name is refused', 'queues.js', { ECHOED: 'Not_A_Queue', Store: 'x' }, '"Not_A_Queue" is no queue name'],
  ])('%s', async (_title, fixture, env, message) => {
    const host = HostProcess.spawn(fixture, env)
    expect(await host.exited).toBe(1)
    expect(
      host.lines
        .filter((line) => line.level === 'critical')
        .map((line) => line.message)
        .join(),
    ).toContain(message)
  })

  test('settings are missing: all of them are named at once, with the functions that ask for them', async () => {
    const host = HostProcess.spawn('broken/settings.js')
    expect(await host.exited).toBe(1)
    for (const [name, setting] of [
      ['clock', 'CLOCK'],
      ['steps', 'STEPS'],
      ['mails', 'AzureWebJobsStorage'],
      ['page', 'PAGE'],
    ]) {
      expect(host.text()).toContain(`function "${name}": the setting ${setting} is missing`)
    }
  })

  test('queue storage is not there', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const address = closed.address()
    const port = typeof address === 'object' && address ? address.port : 0
    closed.close()
    await once(closed, 'close')
    const Store = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;QueueEndpoint=http://127.0.0.1:${port}/a;`
    const host = HostProcess.spawn('queues.js', { Store, ECHOED: 'echoed' })
    expect(await host.exited).toBe(1)
    expect(host.text()).toMatch(/the queue \S+ at http:\/\/127.0.0.1:\d+ cannot be opened: .*ECONNREFUSED/)
    expect(host.text()).not.toContain('c2VjcmV0')
  })

  test('the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const host = HostProcess.spawn('late.js', {}, ['--port', String(port)])
    expect(await host.exited).toBe(1)
    expect(host.text()).toContain(`port ${port} cannot be listened on`)
    taken.close()
  })
})

test('a function registered after start-up does not exist, and the log says so', async () => {
  const host = await HostProcess.start('late.js')
  await host.until(
    (line) => line.level === 'error' && line.message.startsWith('function "late" was registered after start-up'),
  )
  expect((await host.get('/admin/functions/late', { method: 'POST' })).status).toBe(404)
  expect((await host.get('/admin/functions/inTime', { method: 'POST' })).status).toBe(202)
  host.kill('SIGTERM')
  expect(await host.exited).toBe(0)
})

test('--settings fills up the environment and does not overwrite it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'easgate-host-'))
  const file = join(folder, 'local.settings.json')
  await writeFile(
    file,
    JSON.stringify({ IsEncrypted: false, Values: { CLOCK: '0 0 0 1 1 *', STEPS: 'from-file', PAGE: 'p' } }),
  )
  const app = join(import.meta.dirname, 'fixtures/broken/settings.js')
  const env = { PATH: process.env['PATH'] ?? '', STEPS: 'from-environment' }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [builtHost(), '--app', app, '--settings', file, '--list'],
    { env },
  )
  await rm(folder, { recursive: true })
  expect(JSON.parse(stdout)).toMatchObject([
    { schedule: '0 0 0 1 1 *' },
    { queue: 'mails' },
    { route: 'p' },
    { queue: 'from-environment' },
  ])
})

test('--list prints the functions by name with their triggers, missing settings left as they are, and exits 0', async () => {
  const app = join(import.meta.dirname, 'fixtures/broken/settings.js')
  const env = { PATH: process.env['PATH'] ?? '', CLOCK: '0 0 3 * * *' }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [builtHost(), '--app', app, '--list'], { env })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual([
    { name: 'clock', type: 'timerTrigger', schedule: '0 0 3 * * *' },
    { name: 'mails', type: 'queueTrigger', queue: 'mails' },
    { name: 'page', type: 'httpTrigger', route: '%PAGE%', methods: ['GET'], authLevel: 'anonymous' },
    { name: 'steps', type: 'queueTrigger', queue: '%STEPS%', connection: 'Store' },
  ])
})

test('log lines are readable without --print-json, one line each', async () => {
  const app = join(import.meta.dirname, 'fixtures/broken/throws.js')
  const run = promisify(execFile)(process.execPath, [
    builtHost(),
    '--app',
    app,
    '--root',
    join(import.meta.dirname, 'fixtures'),
  ])
  await expect(run).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^\S+Z crit \[host\] the app .*throws\.js throws while it is loading.* \| at .*\n$/),
  })
})
