import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebShell, type WebShellOptions } from '../../../relay/mail/webShell.ts'
import type { WebRequest } from '../../../relay/mail/webRequest.ts'
import { powershell } from '../powershell/realPowerShell.ts'
import { writeShell } from '../relayProgram.ts'
import { account, simulatedEws } from './fakeWeb.ts'

const here = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const modulePath = here('../../../relay/powershell/Easgate.psm1')
const log = pino({ level: 'silent' })
const times = { importMs: 60_000, graceMs: 15_000, idleMs: 300_000 }

const ews = simulatedEws()

const shells: WebShell[] = []
afterEach(() => {
  for (const shell of shells.splice(0)) shell.close()
})
function webShell(executable: string, more: Partial<WebShellOptions> = {}): WebShell {
  const env = { ...process.env, NO_COLOR: '1', EASGATE_SIM_CONNECTION_POINT: 'https://a/x.xml https://b/y.xml' }
  const shell = new WebShell({ executable, modulePath, env, log, times, ...more })
  shells.push(shell)
  return shell
}
const request = (changes: Partial<WebRequest> = {}): WebRequest => ({
  url: `${ews.url}/EWS/Exchange.asmx`,
  method: 'POST',
  headers: { 'Content-Type': 'text/xml; charset=utf-8', 'client-request-id': 'id' },
  body: `<ä>${'§😀"\'$()'.repeat(3)}\r\n</ä>`,
  authentication: 'Basic',
  account,
  timeoutMs: 30_000,
  ...changes,
})

const standIn = here('../../../sim/exchange/pwsh')
const programs = [
  ['the stand-in', standIn],
  [powershell ? `a real PowerShell (${powershell})` : 'a real PowerShell (skipped: there is none)', powershell],
] as const

describe.each(programs)('on %s', (_name, executable = '') => {
  // One for all of them: PowerShell takes seconds to start
  let shell: WebShell
  beforeAll(() => {
    shell = webShell(executable)
    shells.pop()
  })
  afterAll(() => shell.close())

  test.skipIf(executable === '')('a request arrives as it was given, and its answer comes back', async () => {
    expect(await shell.post(request())).toMatchObject({ status: 400, body: '' })
    const seen = ews.simulation.requests.at(-1)
    expect(seen).toMatchObject({ method: 'POST', authentication: 'Basic', soapOrPox: request().body })
    const { pid } = shell
    expect(await shell.post(request({ account: { user: 'x', password: 'y' } }))).toMatchObject({ status: 401 })
    const { body: _none, ...bare } = request({ url: `${ews.url}/nothing`, method: 'GET', authentication: 'None' })
    const answer = await shell.post(bare)
    expect(answer).toMatchObject({
      status: 404,
      headers: { 'content-type': 'text/html' },
      body: expect.stringContaining('Not found'),
    })
    expect([shell.pid, typeof pid]).toEqual([pid, 'number'])
  })
  test.skipIf(executable === '')('a body of the largest size arrives whole', async () => {
    const body = `<a>${'ä'.repeat(200_000)}${'A'.repeat(87_384)}</a>`
    await shell.post(request({ body }))
    expect(ews.simulation.requests.at(-1)?.soapOrPox === body).toBe(true)
  })
  test.skipIf(executable === '')('what never reached a server is told apart from what may have', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const port = portOf(closed)
    await new Promise((resolve) => closed.close(resolve))
    expect(await shell.post(request({ url: `http://127.0.0.1:${port}/` }))).toMatchObject({
      category: 'connect',
      sent: false,
    })
    ews.simulation.faults.set([{ on: 'ews', kind: 'cut' }])
    expect(await shell.post(request())).toMatchObject({ sent: true })
    ews.simulation.faults.set([{ on: 'ews', kind: 'hang' }])
    expect(await shell.post(request({ timeoutMs: 500 }))).toMatchObject({ category: 'timeout', sent: true })
    ews.simulation.faults.set([{ on: 'ews', kind: 'status', status: 200, body: 'x'.repeat(600_000) }])
    expect(await shell.post(request())).toMatchObject({ category: 'tooLarge', sent: true })
    ews.simulation.faults.set([{ on: 'ews', kind: 'status', status: 302, headers: { location: `${ews.url}/x` } }])
    expect(await shell.post(request())).toMatchObject({ status: 302, headers: { location: `${ews.url}/x` } })
    expect(ews.simulation.requests.at(-1)?.path).toBe('/EWS/Exchange.asmx')
  })
})

test('connection points of Active Directory come as addresses; outside a domain there are none', async () => {
  expect(await webShell(standIn).connectionPoints()).toEqual(['https://a/x.xml', 'https://b/y.xml'])
  const { EASGATE_SIM_CONNECTION_POINT: _none, ...env } = process.env
  expect(await webShell(standIn, { env }).connectionPoints()).toEqual([])
})

describe('the child', () => {
  test('is started by the first request, ended when none came for a while, and started again', async () => {
    const shell = webShell(standIn, { times: { ...times, idleMs: 50 } })
    expect(shell.pid).toBeUndefined()
    await shell.post(request())
    const first = shell.pid
    expect(first).toBeTypeOf('number')
    while (shell.pid !== undefined || isRunning(first)) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await shell.post(request())).toMatchObject({ status: 400 })
    expect(shell.pid).not.toBe(first)
  })
  test('that is killed between two requests is replaced', async () => {
    const shell = webShell(standIn)
    await shell.post(request())
    const first = shell.pid ?? 0
    process.kill(first, 'SIGKILL')
    while (shell.pid !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await shell.post(request())).toMatchObject({ status: 400 })
  })
  test('that dies in a request leaves it as one that may have been sent', async () => {
    const shell = webShell(standIn)
    await shell.post(request())
    ews.simulation.faults.set([{ on: 'ews', kind: 'hang', delivers: true }])
    const reply = shell.post(request())
    while (ews.simulation.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    process.kill(shell.pid ?? 0, 'SIGKILL')
    expect(await reply).toMatchObject({ category: 'other', sent: true })
    expect(await shell.post(request())).toMatchObject({ status: 400 })
  })
  test('that says nothing is killed; one that cannot be started has sent nothing', async () => {
    const mute = webShell(writeShell('exec sleep 60'), { times: { ...times, importMs: 100 } })
    expect(await mute.post(request())).toMatchObject({ sent: false })
    expect(mute.pid).toBeUndefined()
    const missing = webShell(path.join(here('.'), 'no-such-program'))
    expect(await missing.post(request())).toMatchObject({
      sent: false,
      message: expect.stringContaining('powershell.executable'),
    })
    expect(ews.simulation.requests).toEqual([])
  })
  test('takes requests one at a time', async () => {
    const shell = webShell(standIn)
    const replies = await Promise.all([shell.post(request()), shell.connectionPoints(), shell.post(request())])
    expect(replies).toMatchObject([{ status: 400 }, ['https://a/x.xml', 'https://b/y.xml'], { status: 400 }])
  })
  test('is not started after the end', async () => {
    const shell = webShell(standIn)
    shell.close()
    expect(await shell.post(request())).toMatchObject({ sent: false })
  })
})

describe('the proxy', () => {
  let proxy: Server
  const seen: string[] = []
  beforeAll(async () => {
    // Answers every CONNECT as the tunnel's end would: with a short page
    proxy = createServer((socket) => {
      let text = ''
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
        if (/^CONNECT[^]*\r\n\r\n$/.test(text)) {
          seen.push(text)
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          text = ''
        } else if (text.includes('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      })
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
  })
  afterAll(() => void proxy.close())

  const settings = (bypass: readonly string[] = []) => ({
    proxy: { address: `http://127.0.0.1:${portOf(proxy)}`, account: { user: 'p', password: 'q' }, bypass },
  })
  const url = 'http://mail.contoso.example/EWS/Exchange.asmx'

  test('is used, with its account', async () => {
    expect(await webShell(standIn, settings()).post(request({ url }))).toMatchObject({ status: 200, body: 'ok' })
    expect(seen.at(-1)).toMatch(/^CONNECT mail\.contoso\.example:80/)
    expect(seen.at(-1)?.toLowerCase()).toContain(
      `proxy-authorization: basic ${Buffer.from('p:q').toString('base64').toLowerCase()}`,
    )
  })
  test.each([
    ['the bypass list', url, ['.contoso.example']],
    ['this computer itself', undefined, []],
  ])('is not used for %s', async (_what, address, bypass) => {
    const before = seen.length
    await webShell(standIn, settings(bypass)).post(request(address === undefined ? {} : { url: address }))
    expect(seen).toHaveLength(before)
  })
})

function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}

function isRunning(pid: number | undefined): boolean {
  return existsSync(`/proc/${pid}/stat`)
}
