// Set-up on Windows, with Windows' part played by fixtures/windowsScript.mjs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { readConfig } from '../../../relay/config.ts'
import { openSecrets } from '../../../relay/openSecrets.ts'
import { keyFileName } from '../../../relay/relayKey.ts'
import { vaultFor } from '../../../relay/vault.ts'
import { commandLine, joinFileOf, newFolder, person, standIn, type Here } from './commandLine.ts'

let folder: string
let config: string
let joinFile: string
let stateDir: string
let calls: string
beforeEach(() => {
  folder = newFolder()
  config = path.join(folder, 'relay.json')
  joinFile = path.join(folder, 'contoso.join.json')
  stateDir = path.join(folder, 'state')
  calls = path.join(folder, 'calls')
  writeFileSync(joinFile, JSON.stringify(joinFileOf()))
})

const account = 'CONTOSO\\svc-easgate$'
const run = async (args: readonly string[], here: Here = {}) =>
  commandLine([...args, '--config', config], {
    platform: 'win32',
    ...here,
    env: { FIXTURE_CALLS: calls, ...here.env },
  })
const join = async (more: readonly string[] = [], here: Here = {}) =>
  run(['join', joinFile, '--state-dir', stateDir, ...more], here)
const opened = async () => {
  const windows = standIn('win32')
  return openSecrets(await readConfig(config), {
    file: config,
    env: {},
    vault: vaultFor(stateDir, { platform: 'win32', windows }),
  })
}
const operations = () =>
  readFileSync(calls, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { operation: string }).operation)

test('the listener key of the join file and the key of the relay are protected, in a folder that was closed first', async () => {
  const ended = await join(['--service-account', account])
  expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
  expect(operations()).toEqual(['restrictFolder', 'protect', 'protect'])
  const allowed: unknown = JSON.parse(readFileSync(path.join(stateDir, '.restricted'), 'utf8'))
  expect(allowed).toEqual({ account, rights: 'modify' })
  const keyFile = readFileSync(path.join(stateDir, keyFileName), 'utf8')
  expect(JSON.parse(keyFile)).toEqual({
    protection: 'DPAPI',
    publicKey: expect.any(String),
    protected: expect.any(String),
  })
  expect(readFileSync(config, 'utf8')).not.toContain('listen-key-secret')
  expect(await run(['configure', '--server', 'ex01.contoso.com'])).toMatchObject({ exitCode: 0 })
  expect((await opened()).rendezvous.key).toBe('listen-key-secret')
})

test('nothing that is secret is an argument of a process', async () => {
  await join(['--service-account', account])
  expect(readFileSync(calls, 'utf8')).not.toContain('listen-key-secret')
  expect(readFileSync(calls, 'utf8')).toContain('"args":["-NoLogo","-NoProfile"')
})

test('joining again keeps the access list, the entropy and the key of the relay', async () => {
  await join(['--service-account', account])
  const key = readFileSync(path.join(stateDir, keyFileName), 'utf8')
  expect(await join()).toMatchObject({ exitCode: 0 })
  expect(operations()).toEqual(['restrictFolder', 'protect', 'protect', 'protect', 'unprotect'])
  expect(readFileSync(path.join(stateDir, keyFileName), 'utf8')).toBe(key)
})

test('another account of the service, named later, is let in', async () => {
  await join()
  await run(['configure', '--server', 'ex01.contoso.com', '--service-account', account])
  expect(operations().filter((one) => one === 'restrictFolder')).toHaveLength(2)
  expect(readFileSync(path.join(stateDir, '.restricted'), 'utf8')).toContain('svc-easgate$')
})

test('a prompt without an elevated terminal writes nothing and says why', async () => {
  const ended = await join([], { env: { FIXTURE_NOT_ELEVATED: '1' } })
  expect(ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('needs more rights') })
  expect(ended.stderr).not.toContain('at ')
  expect(existsSync(config)).toBe(false)
})

test('a key that the join file does not carry comes from a variable, or from a person', async () => {
  writeFileSync(joinFile, JSON.stringify(joinFileOf({}, { key: undefined })))
  expect(await join()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--listen-key-env') })
  expect(await join(['--listen-key-env', 'KEY'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('KEY: this environment variable is not set'),
  })
  expect(await join(['--listen-key-env', 'KEY'], { env: { KEY: 'from-variable' } })).toMatchObject({ exitCode: 0 })
  await run(['configure', '--server', 'ex01.contoso.com'])
  expect((await opened()).rendezvous.key).toBe('from-variable')
  expect(await join([], { asker: person({ 'the listener key': 'from-person' }) })).toMatchObject({ exitCode: 0 })
  expect((await opened()).rendezvous.key).toBe('from-person')
})

test('passwords given in variables are kept protected, each opens again, and umlauts survive', async () => {
  await join()
  const env = { EX: 'pä§$w"örd😀', MAIL: 'mail-secret', PROXY: 'proxy-secret' }
  const ended = await run(
    (
      'configure --server ex01.contoso.com --account C\\ex --account-password-env EX --mail-from easgate@contoso.com --mail-account C\\mail ' +
      '--mail-account-password-env MAIL --proxy http://proxy.contoso.com:8080 --proxy-account px --proxy-account-password-env PROXY'
    ).split(' '),
    { env },
  )
  expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
  const text = readFileSync(config, 'utf8')
  for (const secret of Object.values(env)) expect(text + ended.stdout).not.toContain(secret)
  const { connection, mail, proxy } = await opened()
  expect([connection.account, mail?.account, proxy?.account].map((one) => one?.password)).toEqual(Object.values(env))
  expect(operations().filter((one) => one === 'unprotect')).toHaveLength(0)
})

test('--state-dir cannot move away from passwords that are tied to the old folder', async () => {
  await join()
  await run(['configure', '--server', 'ex01', '--account', 'a', '--account-password-env', 'EX'], { env: { EX: 'x' } })
  const ended = await run(['join', joinFile, '--state-dir', path.join(folder, 'elsewhere')])
  expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--state-dir: the passwords in') })
})
