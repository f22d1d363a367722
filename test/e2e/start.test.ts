import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { killLaunchers, launch } from './launcher.ts'
import { descendantsOf, stillRunning } from './processes.ts'
import { until } from './until.ts'

afterEach(killLaunchers)

const small = ['--mailboxes', '60', '--port', '0']

describe('npm start', () => {
  test('--once syncs the sample company, prints its report and ends with 0', async () => {
    const launcher = launch(['--once', ...small])
    expect(await launcher.exited).toBe(0)
    const { stdout, stderr } = launcher.said
    expect(stderr).toBe('')
    expect(stdout).toContain('Starting the local system with a sample company of 60 mailboxes')
    expect(stdout).toMatch(/^Full sync: done in [\d.]+ s$/m)
    for (const line of [
      /^ {2}found +[1-9]\d* mailboxes, \d+ EAS records, \d+ users, \d+ Intune devices$/m,
      /^ {2}matched +[1-9]\d* records with their Intune device; \d+ mailboxes resolve to no user$/m,
      /^ {2}allowed +[1-9]\d*$/m,
      /^ +[1-9]\d* +enrolled and compliant$/m,
      /^ {2}held +[1-9]\d*$/m,
      /^ +[1-9]\d* +quarantine: not enrolled$/m,
      /^ {2}left alone +[1-9]\d*$/m,
      /^ {2}commands +[1-9]\d* sent to Exchange \(done [1-9]\d*\)$/m,
      /^ {2}mails +[1-9]\d* people to tell \(sent [1-9]\d*\)$/m,
      /^ {2}asked +[1-9]\d* Graph requests, [1-9]\d* relay conversations with [1-9]\d* cmdlets and \d+\.\d\d MB$/m,
    ])
      expect(stdout).toMatch(line)
  })

  test('takes another port when the one wished for is in use, and Ctrl-C ends everything it started', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const launcher = launch(['--mailboxes', '60', '--port', String(port)])
    const [, url = '', link = ''] = await launcher.until(
      /(http:\/\/127\.0\.0\.1:\d+)\/v1\.0\S+\n[^]*The link in the mail to \S+:\n {2}(\S+)\n[^]*Ctrl-C stops everything/,
    )
    taken.close()
    // Of a mail that was really sent: it leads to the sign-in, which offers its reader first
    expect(await (await fetch(link)).text()).toMatch(
      /<h1>Who signs in\?[^]*?<option value="[^"]*">Dan Berg, dan\.berg@contoso\.com/,
    )
    expect(new URL(url).port).not.toBe(String(port))
    expect((await fetch(`${url}/v1.0/deviceManagement/exchangeConnectors`)).status).toBe(200)

    const started = descendantsOf(launcher.pid)
    // Azurite, Exchange, EWS, Graph, rendezvous, relay with its PowerShells for Exchange and for mails, Functions host
    expect(started).toHaveLength(9)
    launcher.signal('SIGINT')
    expect(await launcher.exited).toBe(0)
    expect(stillRunning(started)).toEqual([])
  })

  test('Ctrl-C while it starts ends everything, too, and says by its exit code that nothing was done', async () => {
    const launcher = launch(['--once', ...small])
    const started = await until('the first processes', () => {
      const pids = descendantsOf(launcher.pid)
      return pids.length >= 3 && pids
    })
    launcher.signal('SIGINT')
    expect(await launcher.exited).toBe(130)
    expect(stillRunning(started)).toEqual([])
    expect(launcher.said.stdout).not.toContain('Full sync')
  })

  test('killed (kill -9), it leaves no process behind', async () => {
    const launcher = launch(small)
    // Idle: nobody notices that the launcher is gone by writing to it
    await launcher.until(/Ctrl-C stops everything/)
    const started = descendantsOf(launcher.pid)
    expect(started).toHaveLength(9)
    launcher.signal('SIGKILL')
    expect(await launcher.exited).toBe('SIGKILL')
    await until('all of them ended by themselves', () => stillRunning(started).length === 0, 30_000)
  })

  test('--help names every flag', async () => {
    const launcher = launch(['--help'])
    expect(await launcher.exited).toBe(0)
    const named = [...launcher.said.stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag)
    expect(named).toEqual([
      '--once',
      '--scenario',
      '--json',
      '--port',
      '--mailboxes',
      '--parallel',
      '--latency-ms',
      '--host-heap-mb',
      '--relay-heap-mb',
      '--verbose',
      '--help',
    ])
  })

  test.each([
    ['--port', 'high', /--port.*a whole number from 0 to 65535/],
    ['--parallel', '16', /--parallel.*a whole number from 1 to 15/],
    ['--json', 'out.json', /--json belongs to --scenario/],
    ['--mailbox', '60', /unknown option '--mailbox'/],
  ])('refuses %s %s before anything is started', async (flag, value, says) => {
    const launcher = launch([flag, value])
    expect(await launcher.exited).toBe(1)
    expect(launcher.said.stderr).toMatch(says)
  })
})
