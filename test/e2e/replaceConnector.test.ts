/** One organization, one connector: a second connector is refused, then takes the first one's place, whose relay ends for good. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { AuditRow } from '../../functions/core/audit.ts'
import type { RunView } from '../../sim/local/app.ts'
import { startChild } from '../../sim/local/child.ts'
import { programFile } from '../../sim/local/programFiles.ts'
import { chainProblems } from './auditProblems.ts'
import { company } from './company.ts'
import { relayCli } from './relayCli.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

afterEach(stopCompanies)

/** The quick timer comes every two seconds, so that nobody waits a minute for it. */
const schedules = { full: '0 0 0 29 2 1', quick: '*/2 * * * * *' }

test('with --replace the successor works, the predecessor is refused, and its relay says so and stays out', async () => {
  const running = await startCompany(company(4), { otherConnectors: ['successor'], schedules })
  const { stack } = running
  const { app } = stack
  const [first] = stack.relays
  if (!first) throw new Error('there is no first relay')
  await until('the first connector has its organization', async () => (await overview(running, 'local')).organization)

  const refused = await stack.addRelay({ approve: true, connectorId: 'successor' })
  const taken = await until('the second is refused', async () => (await overview(running, 'successor')).problem)
  expect(taken.code).toBe('organizationTaken')
  expect(taken.message).toMatch(/served by connector local.*Retire connector local.*--replace/)
  expect(await overview(running, 'local')).toMatchObject({ organization: 'Contoso', retired: null })
  await refused.child.stop()

  await stack.addRelay({ approve: true, connectorId: 'successor', replace: true })
  const end = await until('the first is retired', async () => (await overview(running, 'local')).retired)
  expect(end.by).toBe('successor')
  await first.child.ended
  expect(first.child.lastLines()).toContain('"event":"relay.retired","by":"successor"')
  const again = await relayCli(['run', '--config', first.config])
  const said = /^replaced by connector successor on \d{4}-\d\d-\d\d; join again to use this relay$/m
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringMatching(said)])

  await until('the successor has synced', async () => (await overview(running, 'successor')).lastQuickSync)
  expect(await overview(running, 'successor')).toMatchObject({ status: 'connected', problem: null, toDo: [] })
  expect(await overview(running, 'local')).toMatchObject({ status: 'disconnected' })
  const sync = '/v1.0/deviceManagement/exchangeConnectors/local/sync'
  await expect(app.send('POST', sync, { syncType: 'fullSync' })).rejects.toThrow(/409 conflict: .*connector successor/)
  // Nothing of it runs any more
  const { value: runs } = await app.get<{ value: RunView[] }>('/easgate/connectors/local/runs')
  expect(runs.filter(({ state }) => state === 'running')).toEqual([])
  await joinSuccessor(running, first.config)
  for (const id of ['local', 'successor']) {
    expect(chainProblems(await app.all<AuditRow>(`/easgate/connectors/${id}/audit?$top=1000`))).toEqual([])
  }
}, 120_000)

/** The relay that is out of work is joined to the successor: it runs again, and waits there for its approval. */
async function joinSuccessor({ stack }: RunningCompany, config: string): Promise<void> {
  const file = path.join(path.dirname(config), 'successor.join.json')
  const given = await (await stack.app.send('POST', '/easgate/connectors/successor/joinFile')).text()
  writeFileSync(file, given)
  const { rendezvous } = JSON.parse(given) as { rendezvous: { key: string } }
  const env = {
    EASGATE_LISTEN_KEY: rendezvous.key,
    // The configuration that it keeps names a notification account, which is of no matter here
    EASGATE_MAIL_PASSWORD: 'not asked for',
    EASGATE_SIM_EXCHANGE: stack.urls.exchange,
  }
  const options = ['--force', '--listen-key-env', 'EASGATE_LISTEN_KEY', '--allow-host-suffix', '127.0.0.1']
  const joined = await relayCli(['join', file, '--config', config, ...options], env)
  expect([joined.exitCode, joined.stderr]).toEqual([0, ''])
  const args = ['run', '--config', config, '--with-parent']
  const child = startChild({ name: 'relay', script: programFile('relay/main.js'), args, env })
  const { fingerprint } = await child.ready
  const relays = '/easgate/connectors/successor/relays'
  await until('it waits for its approval', async () => {
    const { value } = await stack.app.get<{ value: { fingerprint: string; state: string }[] }>(relays)
    return value.some((one) => one.fingerprint === fingerprint && one.state === 'pending')
  })
  await child.stop()
}

interface Overview {
  readonly organization: string | null
  readonly retired: { readonly by: string } | null
  readonly problem: { readonly code: string; readonly message: string } | null
  readonly lastQuickSync: string | null
}

async function overview({ stack }: RunningCompany, id: string): Promise<Overview> {
  return stack.app.get<Overview>(`/easgate/connectors/${id}`)
}
