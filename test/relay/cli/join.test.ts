import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { newKeyPair } from '../../../protocol/signing.ts'
import { commandLine, joinFileOf, newFolder, cloudKey, person, type Here } from './commandLine.ts'

let folder: string
let config: string
let joinFile: string
let args: string[]
beforeEach(() => {
  folder = newFolder()
  config = path.join(folder, 'relay.json')
  joinFile = path.join(folder, 'contoso.join.json')
  args = ['join', joinFile, '--config', config, '--state-dir', path.join(folder, 'state')]
  offer(joinFileOf())
})

const linux = ['--listen-key-env', 'LISTEN_KEY']
const offer = (content: object) => writeFileSync(joinFile, JSON.stringify(content))
const written = () => JSON.parse(readFileSync(config, 'utf8')) as Record<string, unknown>
const join = async (more: readonly string[] = linux, here: Here = {}) => commandLine([...args, ...more], here)

test('writes what the join file says, makes the key of this relay, and shows the fingerprint to approve', async () => {
  const { exitCode, stdout, stderr } = await join()
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(written()).toEqual({
    connectorId: 'contoso',
    rendezvous: {
      address: 'wss://contoso.servicebus.windows.net/$hc/exchange',
      keyName: 'listen',
      key: { env: 'LISTEN_KEY' },
    },
    cloudKeys: [cloudKey],
    stateDir: path.join(folder, 'state'),
  })
  const shown = JSON.parse(readFileSync(path.join(folder, 'state', 'relay.json'), 'utf8')) as { fingerprint: string }
  expect(stdout).toContain(`Fingerprint of this relay:  ${shown.fingerprint}`)
  expect(stdout).toContain('until then nothing runs here')
  expect(stdout).toContain('environment variable LISTEN_KEY')
  expect(stdout).toContain('easgate-relay configure, then easgate-relay check')
  expect(stdout).toContain(`Delete ${joinFile}`)
})

test('with --json it prints one object, with fingerprint and public key', async () => {
  const { stdout } = await join([...linux, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    connectorId: 'contoso',
    config,
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    publicKey: expect.any(String),
    joinFileDeleted: false,
  })
})

test('the listener key is in no output and in no file but the join file, which --delete-file deletes', async () => {
  const { stdout } = await join([...linux, '--delete-file'])
  expect(existsSync(joinFile)).toBe(false)
  expect(stdout + readFileSync(config, 'utf8')).not.toContain('listen-key-secret')
  expect(stdout).not.toContain('Delete ')
})

test('the other sections of a configuration stay, and so does the key of the relay', async () => {
  await join()
  const first = JSON.parse((await join([...linux, '--json'])).stdout) as { fingerprint: string }
  const before = { ...written(), connection: { server: 'ex01.contoso.com' }, maxConversations: 4 }
  writeFileSync(
    config,
    JSON.stringify({ ...before, rendezvous: { ...((before as never)['rendezvous'] as object), channels: 1 } }),
  )
  const again = newKeyPair().publicKey
  offer(joinFileOf({ cloudKeys: [cloudKey, again] }, { address: 'wss://other.servicebus.windows.net/$hc/x' }))
  const second = JSON.parse((await join([...linux, '--json'])).stdout) as { fingerprint: string }
  expect(second.fingerprint).toBe(first.fingerprint)
  expect(written()).toMatchObject({
    connection: { server: 'ex01.contoso.com' },
    maxConversations: 4,
    cloudKeys: [cloudKey, again],
    rendezvous: { address: 'wss://other.servicebus.windows.net/$hc/x', channels: 1 },
  })
})

test('another connector needs --force', async () => {
  await join()
  const before = readFileSync(config, 'utf8')
  offer(joinFileOf({ connectorId: 'fabrikam' }))
  const refused = await join()
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/is of connector contoso.*fabrikam.*--force/),
  })
  expect(readFileSync(config, 'utf8')).toBe(before)
  expect(await join([...linux, '--force'])).toMatchObject({ exitCode: 0 })
  expect(written()).toMatchObject({ connectorId: 'fabrikam' })
})

test('--replace is kept for this connector and does not pass on to the next', async () => {
  await join([...linux, '--replace'])
  expect(written()).toMatchObject({ replace: true })
  await join()
  expect(written()).toMatchObject({ replace: true })
  offer(joinFileOf({ connectorId: 'fabrikam' }))
  await join([...linux, '--force'])
  expect(written()).not.toHaveProperty('replace')
})

test.each([
  ['wss://relay.evil.example/$hc/exchange', 1],
  ['wss://evilservicebus.windows.net/$hc/exchange', 1],
  ['wss://contoso.servicebus.windows.net.evil.example/$hc/exchange', 1],
  ['wss://contoso.servicebus.usgovcloudapi.net/$hc/exchange', 0],
  ['wss://contoso.servicebus.chinacloudapi.cn/$hc/exchange', 0],
])('a rendezvous at %s ends with exit code %i', async (address, exitCode) => {
  offer(joinFileOf({}, { address }))
  const ended = await join()
  expect(ended.exitCode).toBe(exitCode)
  expect(existsSync(config)).toBe(exitCode === 0)
  if (exitCode === 1) expect(ended.stderr).toContain('--allow-host-suffix')
})

test('--allow-host-suffix lets one more domain in and is remembered for accept addresses', async () => {
  offer(joinFileOf({}, { address: 'wss://relay.contoso.example/$hc/exchange' }))
  expect(await join([...linux, '--allow-host-suffix', 'contoso.example'])).toMatchObject({ exitCode: 0 })
  expect(written()).toMatchObject({ rendezvous: { allowedHostSuffix: 'contoso.example' } })
  expect(await join([...linux, '--allow-host-suffix', 'example.org'])).toMatchObject({ exitCode: 1 })
})

test.each([
  ['no JSON', '{', /is not JSON/],
  ['no join file', '{}', /easgateJoin/],
  ['a later version', JSON.stringify(joinFileOf({ easgateJoin: 2 })), /easgateJoin: is of another version/],
  ['no cloud key', JSON.stringify(joinFileOf({ cloudKeys: [] })), /cloudKeys/],
  ['a key that is none', JSON.stringify(joinFileOf({ cloudKeys: ['AAAA'] })), /cloudKeys.0: is not an Ed25519/],
  ['an address that is none', JSON.stringify(joinFileOf({}, { address: 'https://x' })), /rendezvous.address/],
  ['a time that is none', JSON.stringify(joinFileOf({ issuedAt: 'today' })), /issuedAt/],
  ['a megabyte', ' '.repeat(1_000_000), /it has 1000000 bytes/],
])('a join file with %s is refused, and nothing is written', async (_what, content, message) => {
  writeFileSync(joinFile, content)
  expect(await join()).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(message) })
  expect([existsSync(config), existsSync(path.join(folder, 'state'))]).toEqual([false, false])
})

test.each([
  ['that is not there', '/nowhere/x.json', 'there is no /nowhere/x.json; check its name and folder; or take it again'],
  ['that is a folder', import.meta.dirname, `${import.meta.dirname} is a folder; name the file in it`],
])('a join file %s is said so, with what to do', async (_what, file, why) => {
  expect(await commandLine(['join', file, ...linux])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(`The join file cannot be read: ${why}`),
  })
})

test('a broken configuration is not written over', async () => {
  writeFileSync(config, '{ "connectorId": "contoso", }')
  expect(await join()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('it is not JSON') })
  expect(readFileSync(config, 'utf8')).toBe('{ "connectorId": "contoso", }')
})

test('without DPAPI, terminal and variable the listener key cannot be kept: exit code 2 names the option', async () => {
  const ended = await join([])
  expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/no DPAPI.*--listen-key-env/s) })
  expect(existsSync(config)).toBe(false)
})

test('the listener key itself in place of a variable is refused and not repeated', async () => {
  const ended = await join(['--listen-key-env', 'abc/def+g='])
  expect(ended).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('takes the name of an environment variable'),
  })
  expect(ended.stderr).not.toContain('abc/def')
})

test('at a terminal without DPAPI the name of the variable is asked for', async () => {
  const asker = person({})
  expect(await join([], { asker })).toMatchObject({ exitCode: 0 })
  expect(asker.asked).toEqual([expect.stringContaining('environment variable that holds the listener key')])
  expect(written()).toMatchObject({ rendezvous: { key: { env: 'EASGATE_LISTEN_KEY' } } })
})

test.runIf(process.platform !== 'win32')(
  'the configuration may be read by the account of the service, the key only by its own',
  async () => {
    await join()
    const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)
    expect([modeOf(config), modeOf(path.join(folder, 'state', 'relay.key.json'))]).toEqual(['644', '600'])
  },
)
