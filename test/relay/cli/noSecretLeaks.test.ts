// The built program with a secret in every place, made to fail in each way that could print one; then everything it wrote is searched.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Rendezvous } from '../../../sim/rendezvous/startRendezvous.ts'
import { read } from '../cloud.ts'
import { startConnectProxy } from '../network/connectProxy.ts'
import { connectThrough, rule, startNamespace, startProgram, writeConfig, type RelayProgram } from '../relayProgram.ts'
import { fixtureShell, newFolder } from '../startRelay.ts'

const secrets = { EX_PW: 'exchange-Pä$$w0rd', MAIL_PW: 'mail-Pä$$w0rd', PROXY_PW: 'proxy-P@ss:w0rd/%' }
const all = [...Object.values(secrets), rule.key]
Object.assign(process.env, secrets)

let rendezvous: Rendezvous
beforeEach(async () => {
  rendezvous = await startNamespace()
})

function configWith(executable: string, proxyAddress: string): string {
  return writeConfig(rendezvous, {
    powershell: { executable },
    connection: { server: 'ex01.contoso.com', account: { user: 'C\\ex', password: { env: 'EX_PW' } } },
    mail: {
      from: 'e@contoso.com',
      account: { user: 'C\\m', password: { env: 'MAIL_PW' } },
      ewsUrl: 'https://127.0.0.1:9/EWS',
    },
    proxy: { address: proxyAddress, account: { user: 'px', password: { env: 'PROXY_PW' } } },
    log: { level: 'trace' },
  })
}

/** Texts by where they were found: output, every file in the configuration's folder, and the command lines of the program and its children. */
function everything({ said }: RelayProgram, file: string): Record<string, string> {
  const found: Record<string, string> = { ...said }
  const folder = path.dirname(file)
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const one = path.join(folder, name)
    if (statSync(one).isFile()) found[name] = readFileSync(one, 'utf8')
  }
  return found
}

function commandLines(pid: number): string {
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args=', '-ww'], { encoding: 'utf8' })
  const rows = text.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? [])
  const own = new Set([String(pid)])
  for (const [, id = '', parent = ''] of rows) if (own.has(parent)) own.add(id)
  return rows.flatMap(([, id = '', , args = '']) => (own.has(id) ? [args] : [])).join('\n')
}

/** Places where a secret stands, in clear, as a URL or header would carry it, or inside any base64 of the text. */
function leaks(texts: Record<string, string>): string[] {
  const spelled = all.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
  return Object.entries(texts).flatMap(([where, text]) => {
    const decoded = (text.match(/[A-Za-z0-9+/_-]{12,}={0,2}/g) ?? []).map((run) =>
      Buffer.from(run, 'base64').toString('utf8'),
    )
    const hay = [text, ...decoded].join('\n')
    return spelled.filter((secret) => hay.includes(secret)).map((secret) => `${where}: ${secret}`)
  })
}

test('this search would find a secret in clear, in a header and in base64', () => {
  const header = Buffer.from(`px:${secrets.PROXY_PW}`).toString('base64')
  const argument = Buffer.from(JSON.stringify({ password: secrets.EX_PW })).toString('base64')
  const texts = {
    a: rule.key,
    b: `Basic ${header}`,
    c: `Open-Easgate '${argument}'`,
    d: encodeURIComponent(secrets.PROXY_PW),
  }
  expect(new Set(leaks(texts).map((leak) => leak[0]))).toEqual(new Set(['a', 'b', 'c', 'd']))
})

test('a relay at work leaves no secret in output, files, command lines or the environment of its children', async () => {
  const proxy = await startConnectProxy({ to: Number(new URL(rendezvous.url).port) })
  onTestFinished(async () => proxy.close())
  const childFile = path.join(newFolder(), 'child.json')
  process.env['FIXTURE_ARGS'] = childFile
  const file = configWith(fixtureShell, proxy.address)
  const program = startProgram(['--config', file])
  await program.ready()
  expect(proxy.asked[0]?.authorization).toMatch(/^Basic /)
  const cloud = await (await connectThrough(rendezvous)).hello()
  await cloud.run([read('rows=2 fail=notFound')])
  const lines = commandLines(program.child.pid ?? 0)
  expect(lines).toContain(fixtureShell)
  program.child.kill('SIGTERM')
  await program.exited
  const texts = everything(program, file)
  expect(Object.keys(texts)).toEqual(
    expect.arrayContaining(['relay.config.json', 'state/relay.key.json', 'state/status.json']),
  )
  expect(leaks({ ...texts, lines, child: readFileSync(childFile, 'utf8') })).toEqual([])
})

test('nor does one whose proxy refuses its account and whose shell repeats what it is told', async () => {
  const proxy = await startConnectProxy({
    answer: ['407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="x"'],
  })
  onTestFinished(async () => proxy.close())
  const file = configWith(writeEchoingShell(), proxy.address)
  const program = startProgram(['--config', file])
  const ended = program.exited.then(() => Promise.reject(new Error(`the relay ended: ${program.said.stderr}`)))
  await Promise.race([program.logged('said before it died'), ended])
  await Promise.race([program.logged('407'), ended])
  program.child.kill('SIGTERM')
  await program.exited
  expect(leaks(everything(program, file))).toEqual([])
})

/** Takes the module's import, then repeats the line that opens it, with the password inside, on both outputs, and dies: as a PowerShell without it might. */
function writeEchoingShell(): string {
  const file = path.join(newFolder(), 'echo.mjs')
  const code = `#!${process.execPath}
import { createInterface } from 'node:readline'
for await (const line of createInterface({ input: process.stdin })) {
  const [, stream, marker] = /^\\[Console\\]::(Out|Error)\\.Write\\("(\\w+)/.exec(line) ?? []
  if (stream === 'Out') process.stdout.write(marker + '\\n')
  else if (stream === 'Error') process.stderr.write(marker + '\\n')
  else if (line.startsWith('Open-Easgate')) {
    process.stdout.write(line + '\\n')
    process.stderr.write('said before it died: ' + line + '\\n', () => process.exit(3))
    // No marker is answered any more, or the reply would be over before this is heard
    break
  }
}
`
  writeFileSync(file, code, { mode: 0o700 })
  return file
}
