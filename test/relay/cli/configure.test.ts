import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { parseConfig } from '../../../relay/config.ts'
import { commandLine, joinFileOf, newFolder, person, type Here } from './commandLine.ts'

let folder: string
let config: string
beforeEach(() => {
  folder = newFolder()
  config = path.join(folder, 'relay.json')
})

type Json = Record<string, unknown>
const configure = async (args: readonly string[], here: Here = {}) =>
  commandLine(['configure', '--config', config, ...args], here)
const written = () => JSON.parse(readFileSync(config, 'utf8')) as Json
const write = (content: object) => writeFileSync(config, JSON.stringify(content))
const server = { connection: { server: 'ex01.contoso.com' } }

test('the shortest unattended set-up: the server, everything else as it comes', async () => {
  const { exitCode, stdout } = await configure(['--server', 'ex01.contoso.com'])
  expect(exitCode).toBe(0)
  expect(written()).toEqual(server)
  expect(stdout).toContain('on premises, ex01.contoso.com')
  expect(stdout).toContain('the identity of the service itself')
  expect(stdout).toContain('Next: easgate-relay join <join file>')
})

test('every option ends where the relay reads it', async () => {
  const options =
    '--kind hosted --server outlook.contoso.com --scheme https --port 444 --path /PS --authentication Basic --account C\\ex ' +
    '--account-password-env EX --view-entire-forest off --cas-failover off --parallel 4 --mail-from e@contoso.com --mail-account C\\mail ' +
    '--mail-account-password-env MAIL --mail-authentication Ntlm --ews-url https://m.contoso.com/EWS/Exchange.asmx ' +
    '--proxy http://proxy:8080 --proxy-account p --proxy-account-password-env PROXY --proxy-bypass .contoso.com,ex01 ' +
    '--hosted-proxy-access WinHttpConfig --hosted-proxy-authentication Basic --hosted-proxy-account C\\hp ' +
    '--hosted-proxy-account-password-env HP --allow-wipe on --allow-remove-partnership on'
  expect(await configure(options.split(' '))).toMatchObject({ exitCode: 0, stderr: '' })
  expect(written()).toEqual({
    connection: {
      kind: 'hosted',
      server: 'outlook.contoso.com',
      scheme: 'https',
      port: 444,
      path: '/PS',
      authentication: 'Basic',
      account: { user: 'C\\ex', password: { env: 'EX' } },
      viewEntireForest: false,
      casFailover: false,
      proxyAccess: 'WinHttpConfig',
      proxyAuthentication: 'Basic',
      proxyAccount: { user: 'C\\hp', password: { env: 'HP' } },
    },
    powershell: { parallel: 4 },
    mail: {
      from: 'e@contoso.com',
      account: { user: 'C\\mail', password: { env: 'MAIL' } },
      authentication: 'Ntlm',
      ewsUrl: 'https://m.contoso.com/EWS/Exchange.asmx',
    },
    proxy: {
      address: 'http://proxy:8080',
      account: { user: 'p', password: { env: 'PROXY' } },
      bypass: ['.contoso.com', 'ex01'],
    },
    allow: { wipe: true, removePartnership: true },
  })
})

test('what is not said stays as it was, and what --no- names goes', async () => {
  const account = { user: 'C\\ex', password: { env: 'EX' } }
  const mail = { from: 'e@contoso.com', ewsUrl: 'https://m/EWS/Exchange.asmx' }
  write({ connection: { server: 'ex01', account }, mail, proxy: { address: 'http://p:1' }, maxConversations: 5 })
  await configure(['--parallel', '4', '--no-proxy', '--no-ews-url', '--no-account'])
  expect(written()).toEqual({
    connection: { server: 'ex01' },
    mail: { from: 'e@contoso.com' },
    maxConversations: 5,
    powershell: { parallel: 4 },
  })
  await configure(['--no-mail'])
  expect(written()).not.toHaveProperty('mail')
})

test('a password stays with its user, and has to be given again for another one', async () => {
  write({ connection: { server: 'ex01', account: { user: 'C\\ex', password: { env: 'EX' } } } })
  expect(await configure(['--account', 'C\\ex'])).toMatchObject({ exitCode: 0 })
  expect(await configure(['--account', 'C\\other'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('missing: --account-password-env;'),
  })
  expect(written()).toMatchObject({ connection: { account: { user: 'C\\ex' } } })
})

test('a change of the kind drops what was for the other kind', async () => {
  const connection = { kind: 'hosted', server: 'x', account: { user: 'u', password: { env: 'EX' } } }
  write({ connection: { ...connection, authentication: 'Basic', proxyAccess: 'IEConfig' } })
  expect(await configure(['--kind', 'onPremises', '--server', 'ex01', '--no-account'])).toMatchObject({ exitCode: 0 })
  expect(written()).toEqual({ connection: { kind: 'onPremises', server: 'ex01' } })
})

test.each([
  [[], '--server'],
  [['--mail-account', 'u'], '--server, --mail-from, --mail-account-password-env'],
  [['--server', 'x', '--kind', 'hosted'], '--account, --account-password-env'],
  [['--server', 'x', '--proxy-account', 'u'], '--proxy, --proxy-account-password-env'],
  [['--server', 'x', '--account-password-env', 'EX'], '--account'],
])('without a terminal %j ends with exit code 2 and names what is missing: %s', async (args, missing) => {
  const ended = await configure(args)
  expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
  expect(ended.stderr).toMatch(new RegExp(`^missing: ${missing};`))
  expect(ended.stderr).toContain('See: easgate-relay configure --help')
  expect(existsSync(config)).toBe(false)
})

test.each([
  [['--kind', 'cloud'], /--kind.*Allowed choices are onPremises, hosted/],
  [['--port', '70000'], /--port.*whole number from 1 to 65535/],
  [['--parallel', '1.5'], /--parallel.*whole number from 1 to 15/],
  [['--cas-failover', 'yes'], /--cas-failover.*Write on or off/],
  [['--ews-url', 'http://m.contoso.com/x'], /^missing: --mail-from/],
  [['--mail-from', 'e@c.de', '--ews-url', 'http://m.contoso.com/x'], /^--ews-url: must look like https:/],
  [['--mail-from', 'easgate'], /^--mail-from: must be a mail address/],
  [['--proxy', 'proxy:8080'], /^--proxy: must look like http:/],
  [['--proxy', 'http://user:secret@proxy:8080'], /^--proxy: must look like http:/],
  [
    ['--authentication', 'Basic', '--account', 'u', '--account-password-env', 'EX'],
    /^--authentication: Basic is for hosted/,
  ],
  [['--hosted-proxy-access', 'IEConfig'], /^--hosted-proxy-access: is for hosted Exchange only/],
  [['--account', 'u', '--account-password-env', 'p@ss'], /^--account-password-env takes the name of an environment/],
  [['--frobnicate'], /^unknown option '--frobnicate'/],
  [['--pasword'], /^unknown option '--pasword'/],
  [['--service-account', 'x'], /^--service-account is for Windows/],
])('%j is wrong use that names the option and writes nothing', async (args, message) => {
  const ended = await configure(['--server', 'ex01', ...args])
  expect(ended).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) })
  expect(ended.stderr).not.toMatch(/user:secret|p@ss/)
  expect(existsSync(config)).toBe(false)
})

test('a configuration that is wrong already is not written over', async () => {
  write({ connection: { server: 'ex01', serverr: 'x' } })
  const ended = await configure(['--parallel', '4', '--json'])
  expect(ended.exitCode).toBe(1)
  expect(JSON.parse(ended.stdout)).toMatchObject({
    error: { kind: 'failure', problems: ['connection.serverr: is not a setting of the relay; remove it'] },
  })
  expect(written()).not.toHaveProperty('powershell')
})

test('with --json it prints the settings without what would open a secret', async () => {
  write({
    ...server,
    rendezvous: { address: 'wss://c.servicebus.windows.net/$hc/x', keyName: 'l', key: { protected: 'AAAA' } },
  })
  const { stdout } = await configure(['--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    config,
    settings: { ...server, rendezvous: { key: 'protected by DPAPI' } },
    next: expect.arrayContaining(['easgate-relay check']),
  })
})

test('at a terminal every question is asked once, in order, and the answers are written after the summary is agreed to', async () => {
  const asker = person({
    'Full name of one Exchange server': 'ex01.contoso.com',
    'Connect to Exchange as': 'account',
    User: 'CONTOSO\\easgate',
    'Send notification mails': true,
    'Mailbox of': 'easgate@contoso.com',
    'HTTP proxy': true,
    'Address of the proxy': 'http://proxy.contoso.com:8080',
    'Commands at the same time': '4',
  })
  const { exitCode, stderr } = await configure([], { asker })
  expect(exitCode).toBe(0)
  expect(asker.asked.map((question) => question.slice(0, 24))).toEqual([
    'Exchange is',
    'Full name of one Exchang',
    'Connect to Exchange as',
    'User (DOMAIN\\user)',
    'Name of the environment ',
    'Send notification mails ',
    'Mailbox of the notificat',
    'Send them as',
    'Address of Exchange Web ',
    'Does this server need an',
    'Address of the proxy, fo',
    'Does the proxy ask for a',
    'Commands at the same tim',
    'Move to another Exchange',
    'Let easgate wipe phones ',
    'Let easgate remove partn',
    'Write this?',
  ])
  expect(stderr).toContain('on premises, ex01.contoso.com')
  expect(written()).toEqual({
    connection: {
      kind: 'onPremises',
      server: 'ex01.contoso.com',
      account: { user: 'CONTOSO\\easgate', password: { env: 'EASGATE_CONNECTION_ACCOUNT_PASSWORD' } },
      casFailover: true,
    },
    mail: { from: 'easgate@contoso.com' },
    proxy: { address: 'http://proxy.contoso.com:8080' },
    powershell: { parallel: 4 },
    allow: { wipe: false, removePartnership: false },
  })
})

test('at a terminal what is configured is offered, and what an option says is not asked', async () => {
  const before = {
    connection: {
      kind: 'onPremises',
      server: 'ex01',
      account: { user: 'u', password: { env: 'EX' } },
      casFailover: false,
    },
    mail: { from: 'e@contoso.com', ewsUrl: 'https://m/EWS/Exchange.asmx' },
    proxy: { address: 'http://p:1', account: { user: 'p', password: { env: 'PROXY' } } },
    powershell: { parallel: 4 },
    allow: { wipe: true, removePartnership: false },
  }
  write(before)
  const asker = person({})
  expect(await configure(['--parallel', '5', '--no-mail-account'], { asker })).toMatchObject({ exitCode: 0 })
  expect(written()).toEqual({ ...before, powershell: { parallel: 5 } })
  expect(asker.asked).not.toContainEqual(expect.stringMatching(/Commands at the same time|Send them as/))
})

test('a summary that is not agreed to writes nothing', async () => {
  const ended = await configure([], { asker: person({ 'Full name': 'ex01', 'Write this?': false }) })
  expect(ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('nothing was written') })
  expect(existsSync(config)).toBe(false)
})

test.each(['--yes', '--json'])('with %s nothing is asked at a terminal either', async (flag) => {
  const asker = person({})
  expect(await configure(['--server', 'ex01', flag], { asker })).toMatchObject({ exitCode: 0 })
  expect(asker.asked).toEqual([])
})

test('join and configure together, in either order, make a configuration that the relay takes', async () => {
  const joinFile = path.join(folder, 'join.json')
  writeFileSync(joinFile, JSON.stringify(joinFileOf()))
  await configure(['--server', 'ex01.contoso.com'])
  const stateDir = path.join(folder, 'state')
  const args = ['join', joinFile, '--config', config, '--state-dir', stateDir, '--listen-key-env', 'KEY', '--json']
  const { stdout } = await commandLine(args)
  expect(stdout).not.toContain('easgate-relay configure')
  expect(parseConfig(readFileSync(config, 'utf8'), config)).toMatchObject({ connectorId: 'contoso', stateDir })
})
