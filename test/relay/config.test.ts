import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { newKeyPair } from '../../protocol/signing.ts'
import { ConfigError, parseConfig, parseDraft, readConfig } from '../../relay/config.ts'
import { newFolder } from './startRelay.ts'

const whole = {
  connectorId: 'contoso',
  rendezvous: {
    address: 'wss://contoso.servicebus.windows.net/$hc/exchange',
    keyName: 'listen',
    key: { env: 'LISTEN_KEY' },
  },
  cloudKeys: [newKeyPair().publicKey],
  stateDir: 'state',
  powershell: { executable: '/opt/pwsh' },
  connection: { server: 'ex01.contoso.com' },
}

function problemsOf(config: unknown): readonly string[] {
  try {
    parseConfig(typeof config === 'string' ? config : JSON.stringify(config), '/etc/easgate/relay.json')
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('what is left out has the documented default, and paths are relative to the file', () => {
  expect(parseConfig(JSON.stringify(whole), '/etc/easgate/relay.json')).toEqual({
    ...whole,
    rendezvous: { ...whole.rendezvous, channels: 2, ping: 'ping' },
    stateDir: '/etc/easgate/state',
    powershell: { executable: '/opt/pwsh', parallel: 1 },
    replace: false,
    connection: {
      kind: 'onPremises',
      server: 'ex01.contoso.com',
      scheme: 'http',
      path: '/PowerShell/',
      authentication: 'Kerberos',
      viewEntireForest: true,
      casFailover: true,
    },
    allow: { wipe: false, removePartnership: false },
    maxConversations: 8,
    log: { level: 'info', maxMb: 20, keep: 5, eventLog: true },
  })
})

test('a byte order mark, as Windows editors write it, does no harm', () => {
  expect(problemsOf(`\uFEFF${JSON.stringify(whole)}`)).toEqual([])
})

test('without an executable, Windows PowerShell is taken by its full path', () => {
  const { powershell } = parseConfig(JSON.stringify({ ...whole, powershell: {} }), '/x/relay.json')
  expect(powershell.executable).toMatch(/^C:\\Windows\\System32\\WindowsPowerShell\\v1\.0\\powershell\.exe$/i)
})

test('all problems are told at once, each with its property and a remedy', () => {
  const problems = problemsOf({
    ...whole,
    rendezvous: { ...whole.rendezvous, address: 'https://contoso', key: undefined },
    cloudKeys: ['not a key'],
    powershell: { executable: 'pwsh', parallel: 16 },
    connection: {},
    allow: { wipe: 'yes' },
    maxConversation: 4,
  })
  expect(problems).toEqual([
    "rendezvous.address: must look like wss://<namespace>.servicebus.windows.net/$hc/<path>; run easgate-relay join with the connector's join file",
    'rendezvous.key: is missing; run easgate-relay join, which protects it; a secret is never written in clear',
    "cloudKeys.0: is not an Ed25519 public key in base64 DER; run easgate-relay join with the connector's join file",
    expect.stringMatching(/^powershell\.executable: must be a full path; for example C:/),
    expect.stringMatching(/^powershell\.parallel: Too big.*; commands at the same time, 1 to 15/),
    expect.stringMatching(/^connection\.server: is missing; the full name of one Exchange server/),
    expect.stringMatching(/^allow\.wipe: .*boolean.*; true or false/),
    'maxConversation: is not a setting of the relay; remove it',
  ])
})

test.each([
  ['plain ws to another machine', { address: 'ws://contoso.servicebus.windows.net/$hc/x' }, 'rendezvous.address'],
  ['an address without a path', { address: 'wss://contoso.servicebus.windows.net/' }, 'rendezvous.address'],
  ['six channels', { channels: 6 }, 'rendezvous.channels'],
])('%s is refused', (_what, change, property) => {
  const problems = problemsOf({ ...whole, rendezvous: { ...whole.rendezvous, ...change } })
  expect(problems).toEqual([expect.stringContaining(`${property}: `)])
})

test('no cloud key at all is refused: nobody could sign a batch', () => {
  expect(problemsOf({ ...whole, cloudKeys: [] })).toEqual([expect.stringMatching(/^cloudKeys: /)])
})

test('a problem never shows a value, for some are secret', () => {
  const problems = problemsOf({
    ...whole,
    rendezvous: { ...whole.rendezvous, key: ['secret-key'], channels: 'secret-key' },
  })
  expect(problems).toHaveLength(2)
  expect(problems.join('\n')).not.toContain('secret-key')
})

test.each(['{', '[]', 'null', ''])('a file that holds %j is a problem and no crash', (text) => {
  expect(problemsOf(text)).toHaveLength(1)
})

test('a file that is not there is named', async () => {
  await expect(readConfig('/nowhere/relay.json')).rejects.toThrow('/nowhere/relay.json cannot be used')
})

test('a file is read as it is', async () => {
  const file = path.join(newFolder(), 'relay.json')
  writeFileSync(file, JSON.stringify({ ...whole, log: { file: 'relay.log' } }))
  const config = await readConfig(file)
  expect(config.log).toMatchObject({ file: path.join(path.dirname(file), 'relay.log'), level: 'info' })
})

test.each([
  ['nothing', {}],
  ['a connection without its server', { connection: { casFailover: false } }],
  ['all but the connector', { connection: { server: 'ex01' }, stateDir: 'state', maxConversations: 3 }],
])('a draft may hold %s, and is given back as it is written', (_what, draft) => {
  expect(parseDraft(JSON.stringify(draft), '/x/relay.json')).toEqual(draft)
})

test.each([
  ['an unknown setting', { conection: {} }, /^conection: is not a setting/],
  ['a secret in clear', { rendezvous: { ...whole.rendezvous, key: 'clear' } }, /^rendezvous.key: is not/],
  ['a connection that contradicts itself', { connection: { authentication: 'Basic' } }, /^connection.authentication: /],
  ['a section that is no object', { connection: 5 }, /^connection: /],
])('a draft with %s is refused like a whole configuration', (_what, draft, problem) => {
  const parse = () => parseDraft(JSON.stringify(draft), '/x/relay.json')
  expect(parse).toThrow(ConfigError)
  expect(parse).toThrow(new RegExp(`^- ${problem.source.slice(1)}`, 'm'))
})
