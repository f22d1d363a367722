/** `easgate-relay check` as a process, against everything that it looks at. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { checkCommand } from '../../../relay/cli/check.ts'
import { runProgram } from '../../../relay/cli/program.ts'
import { loadRelayKey } from '../../../relay/relayKey.ts'
import { createEwsServer } from '../../../sim/ews/server.ts'
import { createEwsSimulation } from '../../../sim/ews/simulation.ts'
import { Bench, sendRule } from '../../contract/rendezvousFixture.ts'
import { serveExchange } from '../../sim/exchange/startExchange.ts'
import { surroundings } from '../cli/commandLine.ts'
import { inspectedTls, inspectionAuthority } from '../network/privateCa.ts'
import { hasTinyproxy, startTinyproxy } from '../network/tinyproxy.ts'
import { newFolder } from '../startRelay.ts'
import { configText, env, fileWith } from './checkFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

const program = fileURLToPath(new URL('../../../dist/relay/main.js', import.meta.url))
const standIn = fileURLToPath(new URL('../../../sim/exchange/pwsh', import.meta.url))

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function run(args: readonly string[], own: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'check', ...args], { env: own }, (error, stdout, stderr) => {
      const code = error?.code
      resolve({ exitCode: error ? (typeof code === 'number' ? code : -1) : 0, stdout, stderr })
    })
  })
}

const mailbox = { user: 'CONTOSO\\notify', password: 'mail-secret', address: 'easgate@contoso.com' }

async function startEws(): Promise<string> {
  const server = createEwsServer(createEwsSimulation(mailbox)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/EWS/Exchange.asmx`
}

const names =
  'configuration folder relay name port tls clock rendezvous powershell exchange permissions autodiscover ews'.split(
    ' ',
  )

it('says of each step in one line what is good, and exits with 0', async () => {
  const sim = await bench.namespace()
  const stateDir = newFolder()
  await loadRelayKey(stateDir, 'contoso')
  const { url } = await serveExchange({ organization: 'contoso' })
  const { user, address } = mailbox
  const mail = {
    from: address,
    account: { user, password: { env: 'MAIL_PASSWORD' } },
    authentication: 'Basic',
    ewsUrl: await startEws(),
  }
  const file = fileWith('relay.json', configText(sim.address, { stateDir, powershell: { executable: standIn }, mail }))
  const own = { ...env, MAIL_PASSWORD: mailbox.password, EASGATE_SIM_EXCHANGE: url, SEND_KEY: sendRule.key }
  const send = ['--send-key-name', sendRule.name, '--send-key-env', 'SEND_KEY']
  const { exitCode, stdout, stderr } = await run(['--config', file, ...send], own)
  const lines = stdout.trim().split('\n')
  expect(lines.slice(0, -1).map((line) => line.split(/ +/).slice(0, 2))).toEqual(names.map((name) => ['good', name]))
  expect(lines.at(-1)).toBe('all is good')
  expect([exitCode, stderr]).toEqual([0, ''])
  for (const secret of [mailbox.password, sendRule.key, env.LISTEN_KEY]) expect(stdout).not.toContain(secret)
})

it.skipIf(!hasTinyproxy)('through tinyproxy and a private authority, with --json: one object', async () => {
  const sim = await bench.namespace({ tls: inspectedTls })
  const proxy = await startTinyproxy({ account: { user: 'svc', password: env.PROXY_PASSWORD } })
  bench.onClose(proxy.kill)
  const changes = {
    rendezvous: {
      address: sim.address,
      keyName: 'relay',
      key: { env: 'LISTEN_KEY' },
      caFile: fileWith('ca.pem', inspectionAuthority),
    },
    proxy: { address: proxy.address, account: { user: 'svc', password: { env: 'PROXY_PASSWORD' } } },
  }
  const file = fileWith('relay.json', configText(sim.address, changes))
  const { exitCode, stdout } = await run(['--config', file, '--json'], env)
  const { ok, steps }: { ok: boolean; steps: { step: string; state: string; text: string }[] } = JSON.parse(stdout)
  const states = Object.fromEntries(steps.map(({ step, state }) => [step, state]))
  expect(states).toMatchObject({ port: 'good', tls: 'good', clock: 'good', rendezvous: 'good' })
  expect(steps.find(({ step }) => step === 'port')?.text).toContain(`through the proxy ${proxy.address}`)
  // The fixture's shell is no PowerShell, so this run is not good as a whole
  expect([ok, states['powershell'], states['exchange'], exitCode]).toEqual([false, 'bad', 'notTried', 1])
  expect(stdout).not.toContain(env.PROXY_PASSWORD)
})

it('with a configuration that cannot be read tries nothing else, and exits with 1', async () => {
  const file = fileWith('relay.json', '{}')
  const { exitCode, stdout, stderr } = await run(['--config', file], env)
  const lines = stdout.trim().split('\n')
  expect(lines[0]).toMatch(/^BAD {2}configuration .*cloudKeys: is missing/)
  expect(lines.slice(1, -1).every((line) => line.startsWith('-'))).toBe(true)
  expect(lines.at(-1)).toBe('1 of 13 steps bad, 12 not tried')
  expect([exitCode, stderr]).toEqual([1, ''])
})

it.each([
  [['--send-key-name', 'cloud'], '--send-key-name needs --send-key-env'],
  [['--send-key-env', 'X'], '--send-key-env needs --send-key-name'],
  [['--send-key-name', 'cloud', '--send-key-env', 'NOT_SET'], '--send-key-env names NOT_SET, which is not set'],
  [['--sendkey'], "unknown option '--sendkey'"],
])('refuses %j as wrong use, before anything is tried', async (args, why) => {
  const said = { stdout: '', stderr: '' }
  const here = surroundings({}, said)
  expect(await runProgram([checkCommand(here)], ['check', ...args], here)).toBe(2)
  expect(said.stderr).toContain(why)
  expect(said.stdout).toBe('')
})

it('leaves no file behind and writes none', async () => {
  const sim = await bench.namespace()
  const stateDir = newFolder()
  writeFileSync(`${stateDir}/other`, '')
  const file = fileWith('relay.json', configText(sim.address, { stateDir }))
  const said = { stdout: '', stderr: '' }
  const here = surroundings({ env }, said)
  await runProgram([checkCommand(here)], ['check', '--config', file, '--json'], here)
  expect(JSON.parse(said.stdout)).toMatchObject({ ok: false })
  expect(readdirSync(stateDir)).toEqual(['other'])
})
