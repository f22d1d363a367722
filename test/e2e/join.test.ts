/** A second relay, as an administrator sets it up: join file over HTTP, join, configure, run, approve; then it works beside the first. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { startChild, type Child } from '../../sim/local/child.ts'
import { programFile, root } from '../../sim/local/programFiles.ts'
import { company } from './company.ts'
import { relayCli } from './relayCli.ts'
import { expectUndisturbed, startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

const own = '/easgate/connectors/local'
const people = company(8)
const folder = mkdtempSync(path.join(tmpdir(), 'easgate-join-'))
const [config, file, stateDir] = [inFolder('relay.json'), inFolder('local.join.json'), inFolder('state')]

const started: Child[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop()))
  await stopCompanies()
  rmSync(folder, { recursive: true })
})

test('a downloaded join file makes a relay that works once it is approved; the status turns when the last relay leaves', async () => {
  const running = await startCompany(people)
  const { app, relays, urls } = running.stack
  const answer = await app.send('POST', `${own}/joinFile`)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const given = await answer.text()
  writeFileSync(file, given)
  const { rendezvous } = JSON.parse(given) as { rendezvous: { key: string } }
  const env = { LISTEN: rendezvous.key, EASGATE_SIM_EXCHANGE: urls.exchange }

  const where = ['--config', config, '--json']
  const { fingerprint } = await said(
    ['join', file, '--state-dir', stateDir, '--listen-key-env', 'LISTEN', '--allow-host-suffix', '127.0.0.1', ...where],
    env,
  )
  await said(['configure', '--server', 'ex1.contoso.com', '--no-mail', '--yes', ...where], env)
  useStandIn()
  const child = startChild({
    name: 'relay',
    script: programFile('relay/main.js'),
    args: ['run', '--config', config, '--with-parent'],
    env,
  })
  started.push(child)
  expect(await child.ready).toMatchObject({ ready: true, fingerprint })

  // The first goes: only the one that joined could work, and nobody has approved it yet
  await relays[0]?.child.stop()
  expect(await full(running)).toMatchObject({ state: 'failed', failure: { code: 'relayNotApproved' } })
  expect(await relay(running, fingerprint)).toMatchObject({ state: 'pending', server: 'ex1.contoso.com' })
  await app.send('POST', `${own}/relays/${String(fingerprint)}/approve`)
  const run = await full(running)
  expect([run.state, run.failure]).toEqual(['done', null])
  expect(await relay(running, fingerprint)).toMatchObject({ state: 'approved', sendsMail: false })
  expect(await app.get(own)).toMatchObject({ status: 'connected', noRelaySince: null, toDo: [] })
  await expectUndisturbed(running, run.id, people)

  // It leaves, too: the first conversation that finds nobody turns the status, long before 90 s are over
  await child.stop()
  await quick(running)
  await until('the status turns', async () => (await app.get<{ status: string }>(own)).status === 'disconnected')
  expect(await app.get(own)).toMatchObject({ noRelaySince: expect.any(String) })
}, 120_000)

const full = async (running: RunningCompany) => running.ended(await running.askForFullSync())

async function quick({ stack }: RunningCompany): Promise<void> {
  const sync = '/v1.0/deviceManagement/exchangeConnectors/local/sync'
  await stack.app.send('POST', sync, { syncType: 'deltaSync' })
}

async function relay({ stack }: RunningCompany, fingerprint: unknown) {
  const { value } = await stack.app.get<{ value: { fingerprint: string }[] }>(`${own}/relays`)
  return value.find((one) => one.fingerprint === fingerprint)
}

/** What a command printed with --json. */
async function said(args: readonly string[], env: Record<string, string>): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await relayCli(args, env)
  expect({ exitCode, stderr, ...(exitCode === 0 ? {} : { stdout }) }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout) as Record<string, unknown>
}

/** What no administrator does: the stand-in takes the place of powershell.exe. */
function useStandIn(): void {
  const written = JSON.parse(readFileSync(config, 'utf8')) as { powershell?: object }
  const powershell = { ...written.powershell, executable: path.join(root, 'sim/exchange/pwsh') }
  writeFileSync(config, JSON.stringify({ ...written, powershell }))
}

function inFolder(name: string): string {
  return path.join(folder, name)
}
