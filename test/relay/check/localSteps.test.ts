import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkConfiguration } from '../../../relay/check/checkConfiguration.ts'
import { checkExchange } from '../../../relay/check/checkExchange.ts'
import { checkFolder } from '../../../relay/check/checkFolder.ts'
import { checkAutodiscover, checkEws } from '../../../relay/check/checkMailSteps.ts'
import { checkPermissionsStep } from '../../../relay/check/checkPermissionsStep.ts'
import { checkPowerShell } from '../../../relay/check/checkPowerShell.ts'
import { checkRelay } from '../../../relay/check/checkRelay.ts'
import { known, type CheckContext, type Finding } from '../../../relay/check/checkStep.ts'
import { keyFileName, loadRelayKey } from '../../../relay/relayKey.ts'
import { writeStatus, type RelayStatus } from '../../../relay/statusFile.ts'
import { serveExchange } from '../../sim/exchange/startExchange.ts'
import { inspectionAuthority } from '../network/privateCa.ts'
import { onPowerShell, powershell } from '../powershell/realPowerShell.ts'
import { writeShell } from '../relayProgram.ts'
import { newFolder } from '../startRelay.ts'
import { configText, contextFor, env, fileWith, readyContext, runStep } from './checkFixture.ts'

const address = 'wss://contoso.servicebus.windows.net/$hc/exchange'

describe('configuration', () => {
  it('is good when it can be read and its secrets open, and leaves both for later steps', async () => {
    const context = contextFor(fileWith('relay.json', configText(address)))
    expect(await runStep(checkConfiguration, context)).toMatchObject({ state: 'good' })
    expect(known(context, 'config').rendezvous.key).toBe(env.LISTEN_KEY)
    expect(known(context, 'network')).toMatchObject({ host: 'contoso.servicebus.windows.net', port: 443, isTls: true })
  })

  it.each([
    [[], 'http://proxy.contoso.com:8080'],
    [['.servicebus.windows.net'], undefined],
  ])('with a proxy and the bypass list %j goes through %s', async (bypass, proxy) => {
    const settings = { address: 'http://proxy.contoso.com:8080', bypass }
    const context = contextFor(fileWith('relay.json', configText(address, { proxy: settings })))
    await runStep(checkConfiguration, context)
    expect(known(context, 'network').proxy).toBe(proxy)
  })

  const refused = (changes: object) => ({
    rendezvous: { address, keyName: 'x', key: { env: 'LISTEN_KEY' }, ...changes },
  })
  it.each([
    ['is missing', () => '/nowhere/relay.json', 'ENOENT'],
    ['is no JSON', () => fileWith('relay.json', '{'), 'it is not JSON'],
    ['has a wrong value', () => fileWith('relay.json', configText(address, { cloudKeys: [] })), 'cloudKeys'],
    [
      'names a variable that is not set',
      () => fileWith('relay.json', configText(address, refused({ key: { env: 'NOT_SET' } }))),
      'NOT_SET is not set',
    ],
    [
      'holds a secret that this system cannot open',
      () => fileWith('relay.json', configText(address, refused({ key: { protected: 'AAAA' } }))),
      'DPAPI',
    ],
    [
      'names a certificate authority that is not there',
      () => fileWith('relay.json', configText(address, refused({ caFile: '/nowhere/ca.pem' }))),
      'rendezvous.caFile',
    ],
  ])('that %s is bad, with the reason', async (_name, file, why) => {
    const finding = await runStep(checkConfiguration, contextFor(file()))
    expect(finding).toMatchObject({ state: 'bad', text: expect.stringContaining(why), remedy: expect.any(String) })
  })

  it('takes the authority of a private one', async () => {
    const caFile = fileWith('ca.pem', inspectionAuthority)
    const context = contextFor(fileWith('relay.json', configText(address, refused({ caFile }))))
    expect(await runStep(checkConfiguration, context)).toMatchObject({ state: 'good' })
    expect(known(context, 'network').agent).toBeDefined()
  })
})

describe('folder', () => {
  async function withFolder(stateDir: string): Promise<CheckContext> {
    return readyContext({ config: { stateDir } })
  }

  it('is good when it can be written to and its key is private', async () => {
    const stateDir = newFolder()
    const { fingerprint } = await loadRelayKey(stateDir, 'contoso')
    const finding = await runStep(checkFolder, await withFolder(stateDir))
    expect(finding).toEqual({ state: 'good', text: expect.stringContaining(fingerprint) })
  })

  it('without a key is a warning, and no key is made', async () => {
    const context = await withFolder(newFolder())
    const finding = await runStep(checkFolder, context)
    expect(finding).toMatchObject({ state: 'warning', remedy: expect.stringContaining('easgate-relay join') })
    expect(await runStep(checkFolder, context)).toEqual(finding)
  })

  it('whose key others may read is bad', async () => {
    const stateDir = newFolder()
    await loadRelayKey(stateDir, 'contoso')
    chmodSync(path.join(stateDir, keyFileName), 0o644)
    expect(await runStep(checkFolder, await withFolder(stateDir))).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('mode 644'),
    })
  })

  it('that is missing, or is a file, is bad', async () => {
    const file = fileWith('state', '')
    const remedy = expect.stringContaining('account of the service')
    expect(await runStep(checkFolder, await withFolder(file))).toMatchObject({ state: 'bad', remedy })
    expect(await runStep(checkFolder, await withFolder(`${file}.none`))).toMatchObject({ state: 'bad', remedy })
  })
})

describe('relay', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const status: RelayStatus = {
    format: 1,
    updatedAt: '2026-11-21T11:59:40Z',
    pid: 42,
    state: 'running',
    version: '0.1.0',
    connectorId: 'contoso',
    fingerprint: 'f',
    startedAt: '2026-11-21T08:00:00Z',
    cloud: { connected: 2, channels: 2, since: '2026-11-21T08:00:05Z', lastError: null },
    exchange: {
      isOpen: true,
      server: 'ex02.contoso.com',
      since: '2026-11-21T08:00:03Z',
      reason: 'x',
      configuredServer: 'ex01.contoso.com',
      standIns: [],
      organization: 'contoso',
      dialect: 'MobileDevice',
      lastFailure: null,
    },
    permissions: null,
    conversations: 0,
    lastBatchAt: '2026-11-21T11:50:00Z',
    hasMail: false,
  }

  it.each([
    ['never ran', undefined, 'good', 'no relay has run'],
    ['runs', {}, 'good', '2 of 2 channels, Exchange through ex02.contoso.com, commands came last 2026-11-21T11:50:00Z'],
    ['was stopped', { state: 'stopped', updatedAt: '2026-11-01T00:00:00Z' }, 'good', 'no relay runs now'],
    ['says nothing any more', { updatedAt: '2026-11-21T11:50:00Z' }, 'warning', 'process 42 said nothing of itself'],
  ] as const)('that %s', async (_name, changes, state, text) => {
    const stateDir = newFolder()
    if (changes) await writeStatus(stateDir, { ...status, ...changes })
    const context = await readyContext({ config: { stateDir }, context: { now: () => now } })
    expect(await runStep(checkRelay, context)).toMatchObject({ state, text: expect.stringContaining(text) })
  })

  it('that was retired is bad', async () => {
    const stateDir = newFolder()
    const retired = { connectorId: 'contoso', by: 'fabrikam', at: '2026-11-20T00:00:00Z' }
    writeFileSync(path.join(stateDir, 'retired.json'), JSON.stringify(retired))
    const context = await readyContext({ config: { stateDir } })
    expect(await runStep(checkRelay, context)).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('fabrikam'),
    })
  })

  it('whose status cannot be read is bad', async () => {
    const stateDir = newFolder()
    mkdirSync(path.join(stateDir, 'status.json'))
    expect(await runStep(checkRelay, await readyContext({ config: { stateDir } }))).toMatchObject({ state: 'bad' })
  })
})

describe('powershell', () => {
  const shell = (line: string) => ({ powershell: { executable: writeShell(`echo '${line}'`) } })
  it.each([
    ['5.1.20348.2849 Desktop FullLanguage Undefined', 'good', 'PowerShell 5.1.20348.2849 (Desktop), FullLanguage'],
    ['7.6.5 Core FullLanguage Unrestricted', 'good', 'PowerShell 7.6.5 (Core)'],
    ['5.1.20348.2849 Desktop FullLanguage RemoteSigned', 'good', ''],
    ['5.1.20348.2849 Desktop ConstrainedLanguage Undefined', 'bad', 'ConstrainedLanguage: restricted'],
    ['5.1.20348.2849 Desktop FullLanguage AllSigned', 'bad', 'AllSigned'],
    ['4.0  FullLanguage Undefined', 'bad', 'not supported'],
    ['6.2.0 Core FullLanguage Undefined', 'bad', 'not supported'],
    ['bash: syntax error', 'bad', 'does not answer as PowerShell does'],
  ])('that says %j is %s', async (line, state, text) => {
    const finding = await runStep(checkPowerShell, await readyContext({ config: shell(line) }))
    expect(finding).toMatchObject({ state, text: expect.stringContaining(text) })
    if (state === 'bad') expect(finding.remedy).toMatch(/\w/)
  })

  it.each([
    ['is not there', '/nowhere/pwsh', 'cannot be started (ENOENT)'],
    ['ends at once', writeShell('exit 3'), 'ended with exit code 3'],
  ])('that %s is bad', async (_name, executable, text) => {
    const context = await readyContext({ config: { powershell: { executable } } })
    expect(await runStep(checkPowerShell, context)).toMatchObject({ state: 'bad', text: expect.stringContaining(text) })
  })

  it('that hangs is ended', async () => {
    const context = await readyContext({ config: { powershell: { executable: writeShell('exec sleep 60') } } })
    expect(await runStep(checkPowerShell, context, 100)).toMatchObject({ state: 'bad', text: 'no result in 0.1 s' })
  })
})

onPowerShell(() => {
  it('the question is one that PowerShell answers', async () => {
    const context = await readyContext({ config: { powershell: { executable: powershell } } })
    expect(await runStep(checkPowerShell, context)).toMatchObject({
      state: 'good',
      text: expect.stringMatching(/^PowerShell \d+\.\d+\S* \((Core|Desktop)\), FullLanguage, started in/),
    })
  })
})

describe('exchange', () => {
  async function closing(context: CheckContext): Promise<void> {
    for (const close of context.closers) await close()
  }

  it('is good when a session opens: server, organization, dialect, identity, and how long it took', async () => {
    const context = await readyContext()
    const finding = await checkExchange(context)
    await closing(context)
    expect(finding.state).toBe('good')
    expect(finding.text).toMatch(
      /^session to ex01\.contoso\.com \(organization contoso, MobileDevice cmdlets\) as \S+, who runs this check in \d+\.\d s$/,
    )
  })

  it.each([
    ['has no session left', { FIXTURE_START: 'openError' }, 'too many shells', 'has all the sessions'],
    ['dies', { FIXTURE_START: 'exit=9' }, 'ended with exit code 9', 'when it loads the module'],
  ])('that %s is bad, with the remedy', async (_name, extra, text, remedy) => {
    const context = await readyContext({ context: { env: { ...env, ...extra } } })
    const finding = await checkExchange(context)
    await closing(context)
    expect(finding).toMatchObject({
      state: 'bad',
      text: expect.stringContaining(text),
      remedy: expect.stringContaining(remedy),
    })
  })
})

describe('permissions', () => {
  const standIn = { executable: fileURLToPath(new URL('../../../sim/exchange/pwsh', import.meta.url)) }
  async function check(hidden: object, faults: object = {}): Promise<Finding> {
    const { url, post } = await serveExchange({ organization: 'contoso', hidden })
    const own = { ...env, EASGATE_SIM_EXCHANGE: url }
    const context = await readyContext({ config: { powershell: standIn }, context: { env: own } })
    expect(await checkExchange(context)).toMatchObject({ state: 'good' })
    await post('/_sim/faults', faults)
    return runStep(checkPermissionsStep, context)
  }

  it('of an account that may do everything are good', async () => {
    expect(await check({})).toMatchObject({ state: 'good' })
  })

  it.each([
    [
      'something needed',
      { cmdlets: ['Set-CASMailbox'] },
      'bad',
      'Set-CASMailbox: without it no phone can be allowed or blocked; the management role "Mail Recipients" grants it',
    ],
    [
      'a parameter that is needed',
      { parameters: { 'Set-CASMailbox': ['ActiveSyncAllowedDeviceIDs'] } },
      'bad',
      'Set-CASMailbox -ActiveSyncAllowedDeviceIDs: without it',
    ],
    [
      'something that only a person asks for',
      { cmdlets: ['Get-MobileDeviceStatistics'] },
      'warning',
      'last sync and wipe',
    ],
  ])('of an account that lacks %s', async (_name, hidden, state, text) => {
    expect(await check(hidden)).toMatchObject({
      state,
      text: expect.stringContaining(text),
      remedy: expect.stringContaining('New-EasgateRoleGroup.ps1'),
    })
  })

  it('that cannot be listed are bad', async () => {
    const faults = {
      failNext: [{ cmdlet: 'Get-Command', reason: 'ADServerSettingsChangedException', message: 'no DC' }],
    }
    expect(await check({}, faults)).toMatchObject({ state: 'bad', text: expect.stringContaining('no DC') })
  })
})

it('a relay without a notification account has nothing to find', async () => {
  const context = await readyContext()
  expect(await runStep(checkAutodiscover, context)).toMatchObject({
    state: 'good',
    text: expect.stringContaining('not used'),
  })
  expect(await runStep(checkEws, context)).toMatchObject({ state: 'good' })
})
