// The two scripts of the infrastructure, run against an az that writes down what it was asked and answers as Azure would.
import { spawnSync } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Language, Parser } from 'web-tree-sitter'
import { readConfig } from '../../functions/config.ts'
import { onPowerShell, powershell } from '../relay/powershell/realPowerShell.ts'

const root = path.resolve(import.meta.dirname, '../..')
const grantScript = path.join(root, 'infra/scripts/Grant-GraphPermissions.ps1')

/** `answers`: by method and a part of the address; status 0 with a text, or another with an error. */
interface Answer {
  readonly method: string
  readonly part: string
  readonly status: number
  readonly text: string
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'easgate-az-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Puts an `az` into the folder, and gives the environment in which it is found before any real one. */
function environmentWith(answers: readonly Answer[]): NodeJS.ProcessEnv {
  const source = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs')
const args = process.argv.slice(2)
const after = (name) => args[args.indexOf(name) + 1]
const method = after('--method'), url = after('--url')
const body = args.includes('--body') ? readFileSync(after('--body').slice(1), 'utf8') : null
appendFileSync(${JSON.stringify(path.join(folder, 'asked'))}, JSON.stringify({ method, url, body, args }) + '\\n')
const answer = ${JSON.stringify(answers)}.find((one) => one.method === method && url.includes(one.part))
if (answer.status === 0) process.stdout.write(answer.text)
else process.stderr.write(answer.text)
process.exitCode = answer.status
`
  writeFileSync(path.join(folder, 'az'), source)
  chmodSync(path.join(folder, 'az'), 0o755)
  return { ...process.env, PATH: `${folder}${path.delimiter}${process.env['PATH']}` }
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly body: string | null
  readonly args: readonly string[]
}

function asked(): Asked[] {
  const file = path.join(folder, 'asked')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Asked)
}

describe('makeSigningKey.mjs', () => {
  const missing = {
    method: 'get',
    part: '/secrets/',
    status: 3,
    text: 'ERROR: Not Found({"error":{"code":"SecretNotFound"}})',
  }
  const written = { method: 'put', part: '/secrets/', status: 0, text: '' }
  const told = { method: 'post', part: '/refresh', status: 0, text: '' }

  function run(answers: readonly Answer[], args: readonly string[] = []) {
    const names = {
      AZURE_SUBSCRIPTION_ID: 'sub',
      AZURE_RESOURCE_GROUP: 'rg',
      AZURE_KEY_VAULT_NAME: 'kv',
      AZURE_FUNCTION_APP_NAME: 'func',
    }
    const env = { ...environmentWith(answers), ...(args.length === 0 ? names : {}) }
    const script = path.join(root, 'infra/scripts/makeSigningKey.mjs')
    return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env })
  }

  test('makes a key that the app can sign with, tells its fingerprint, and has the app read it', () => {
    const { status, stdout, stderr } = run([missing, written, told])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [, put, post] = asked()
    const { value } = (JSON.parse(put?.body ?? '{}') as { properties: { value: string } }).properties
    const storage = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' }
    const connectors = '[{"id":"a","rendezvous":{"address":"wss://a.servicebus.windows.net/$hc/a"}}]'
    expect(readConfig({ ...storage, EASGATE_CONNECTORS: connectors, EASGATE_SIGNING_KEY: value }).ok).toBe(true)
    const privateKey = createPrivateKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    expect(stdout).toContain(createHash('sha256').update(publicKey).digest('hex'))
    expect(put?.url).toBe(
      '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv/secrets/easgate-signing-key?api-version=2024-11-01',
    )
    expect(post?.url).toMatch(/sites\/func\/config\/configreferences\/appsettings\/refresh\?/)
  })
  test('shows the key to nobody: not on the screen, not on a command line, in no file that stays', () => {
    const { stdout } = run([missing, written, told])
    const put = asked()[1]
    const { value } = (JSON.parse(put?.body ?? '{}') as { properties: { value: string } }).properties
    expect(stdout).not.toContain(value)
    expect(put?.args.join(' ')).not.toContain(value)
    expect(put?.args).toContain('@body.json')
  })
  test('leaves a key alone that is there', () => {
    const { status, stdout } = run([{ ...missing, status: 0, text: '' }])
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('stays as it is') as string })
    expect(asked().map(({ method }) => method)).toEqual(['get'])
  })
  test('makes none when it cannot know whether there is one', () => {
    const { status, stderr } = run([{ ...missing, text: 'ERROR: Forbidden' }])
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('Forbidden') as string })
    expect(asked()).toHaveLength(1)
  })
  test('says what to do when the app could not be told', () => {
    const { status, stderr } = run([missing, written, { ...told, status: 1, text: 'ERROR: no' }])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('Restart the function app') as string,
    })
  })
  test('names what is missing', () => {
    const { status, stderr } = run([], ['--vault', 'kv', '--subscription', 'sub'])
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('Missing: --resource-group, --function-app.') as string,
    })
  })
})

const principal = '11111111-2222-3333-4444-555555555555'
const names = ['User.Read.All', 'GroupMember.Read.All', 'Device.Read.All', 'DeviceManagementManagedDevices.Read.All']
const roles = names.flatMap((value, index) => [
  // The delegated one of that name comes first, and is not the one
  { id: `user-${index}`, value, allowedMemberTypes: ['User'] },
  { id: `app-${index}`, value, allowedMemberTypes: ['Application'] },
])
const graph: readonly Answer[] = [
  {
    method: 'get',
    part: 'servicePrincipals(appId=',
    status: 0,
    text: JSON.stringify({ id: 'graph', appRoles: roles }, null, 2),
  },
  { method: 'get', part: '/appRoleAssignments', status: 0, text: JSON.stringify({ value: [{ appRoleId: 'app-1' }] }) },
  { method: 'post', part: `/${principal}/appRoleAssignments`, status: 0, text: '{"id":"x"}' },
]

test('Grant-GraphPermissions.ps1 is PowerShell that 5.1 reads: plain ASCII, no syntax error, nothing of PowerShell 7 alone', async () => {
  const text = readFileSync(grantScript, 'utf8')
  expect(text).toMatch(/^[\0-\x7f]*$/)
  expect(text).not.toMatch(/\?\?|\?\.|&&|\|\|| \? .+ : |-AsHashtable|ForEach-Object -Parallel/)
  await Parser.init()
  const parser = new Parser()
  const wasm = createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')
  parser.setLanguage(await Language.load(wasm))
  expect(parser.parse(text)?.rootNode.hasError).toBe(false)
})

onPowerShell(() => {
  function grant(answers: readonly Answer[], ...more: readonly string[]) {
    const args = ['-NoProfile', '-NonInteractive', '-File', grantScript, '-PrincipalId', principal, ...more]
    return spawnSync(powershell ?? '', args, { encoding: 'utf8', env: environmentWith(answers) })
  }
  const posted = () =>
    asked()
      .filter(({ method }) => method === 'post')
      .map(({ body }) => JSON.parse(body ?? '{}') as object)

  test('grants what is missing, as application permissions', () => {
    const { status, stdout } = grant(graph)
    expect(status).toBe(0)
    expect(stdout.trim().split('\n')).toEqual(
      names.map((name, index) => `${name}: granted${index === 1 ? ' already' : ''}`),
    )
    expect(posted()).toEqual(
      ['app-0', 'app-2', 'app-3'].map((appRoleId) => ({ principalId: principal, resourceId: 'graph', appRoleId })),
    )
  })
  test('-SignInLog grants the reading of the sign-in log, too', () => {
    const log = { id: 'app-log', value: 'AuditLog.Read.All', allowedMemberTypes: ['Application'] }
    const [resource, ...rest] = graph
    const more = { ...resource!, text: JSON.stringify({ id: 'graph', appRoles: [...roles, log] }) }
    expect(grant([more, ...rest], '-SignInLog').stdout).toContain('AuditLog.Read.All: granted')
    expect(posted()).toHaveLength(4)
  })
  test('-WhatIf grants nothing', () => {
    expect(grant(graph, '-WhatIf').stdout.match(/What if:/g)).toHaveLength(3)
    expect(posted()).toEqual([])
  })
  test('ends with an error when Graph refuses', () => {
    const refused = graph.map((one) =>
      one.method === 'post' ? { ...one, status: 1, text: 'Authorization_RequestDenied' } : one,
    )
    const { status, stderr } = grant(refused)
    expect(status).not.toBe(0)
    expect(stderr).toContain('Authorization_RequestDenied')
  })
})
