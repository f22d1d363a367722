// npm run check:infra: our own files are clean, and each of its checks finds the mistake it is there for.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const scratch = mkdtempSync(path.join(tmpdir(), 'easgate-infra-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Checked {
  readonly files: number
  readonly problems: readonly { readonly check: string; readonly problem: string }[]
}

/** Without a compiler on the PATH: what it says is its own business, and not on every machine. */
function check(folders: readonly string[]): { status: number | null; checked: readonly Checked[] } {
  const args = ['tools/checkInfra.mjs', '--json', ...folders.flatMap((folder) => ['--folder', folder])]
  const options = { cwd: root, encoding: 'utf8', env: { PATH: '' } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
  expect(stderr).toBe('')
  const lines = stdout.trim().split('\n')
  return { status, checked: lines.map((line) => JSON.parse(line) as Checked) }
}

test('our own Bicep files have no problem', () => {
  const { status, checked } = check(['infra'])
  expect(checked).toMatchObject([{ problems: [] }])
  expect(checked[0]?.files).toBeGreaterThan(10)
  expect(status).toBe(0)
})

/*
 * check         | what is broken in a copy of our files: in which file, what is replaced, by what | what the check says
 */
const mistakes: readonly (readonly [string, string, string, string, string])[] = [
  ['syntax', 'modules/identity.bicep', 'name: name', 'name: = name', 'cannot be read'],
  ['references', 'modules/identity.bicep', 'location: location', 'location: place', 'no symbol "place"'],
  ['references', 'modules/relay.bicep', 'split(split(', 'splitt(split(', 'no function "splitt"'],
  ['references', 'main.bicep', 'param connectors connector[]', 'param connectors connektor[]', 'no type "connektor"'],
  [
    'unused',
    'modules/identity.bicep',
    'param tags object',
    "param tags object\nparam spare string = ''",
    '"spare" is declared',
  ],
  [
    'unused',
    'modules/storage.bicep',
    'var deploymentContainerName',
    "var spare = 'x'\nvar deploymentContainerName",
    '"spare" is declared',
  ],
  ['passing', 'main.bicep', "    name: 'id-${stem}'\n", '', 'does not get "name"'],
  ['passing', 'main.bicep', "    name: 'id-${stem}'", "    name: 'id-${stem}'\n    size: 1", 'no parameter "size"'],
  ['passing', 'main.bicep', 'identity.outputs.clientId', 'identity.outputs.clientID', 'no output "clientID"'],
  [
    'passing',
    'main.bicep',
    "'modules/identity.bicep'",
    "'modules/identities.bicep'",
    'no module file modules/identities.bicep',
  ],
  [
    'passing',
    'modules/identity.bicep',
    'output id ',
    'output place string = location\noutput id ',
    'nobody reads the output "place"',
  ],
  [
    'parameterFile',
    'main.bicepparam',
    'param environmentName =',
    '// param environmentName =',
    'does not set "environmentName"',
  ],
  ['parameterFile', 'main.bicepparam', 'param alertEmails =', 'param alertMails =', 'no parameter "alertMails"'],
  [
    'secureParams',
    'modules/keyVault.bicep',
    'param workspaceId string',
    'param workspaceId string\nparam signingKey string',
    'is not @secure()',
  ],
  [
    'secureParams',
    'modules/keyVault.bicep',
    'param workspaceId string',
    "param workspaceId string\n@secure()\nparam pin string = '1'",
    'has a default',
  ],
  [
    'outputSecrets',
    'modules/relay.bicep',
    'output name string = namespace.name',
    'output name string = listenRules[0].listKeys().primaryKey',
    'holds a secret',
  ],
  [
    'outputSecrets',
    'modules/monitoring.bicep',
    'component.name',
    'component.properties.ConnectionString',
    'holds a secret',
  ],
  ['apiVersions', 'modules/identity.bicep', '@2023-01-31', '@2018-11-30', 'is not noted'],
  ['apiVersions', 'modules/identity.bicep', '@2023-01-31', '@2018-11-30', 'is noted and not used'],
  [
    'appSettings',
    'modules/functionApp.bicep',
    '  AZURE_CLIENT_ID:',
    '  AZURE_CLIENTID:',
    'nobody reads the app setting AZURE_CLIENTID',
  ],
  [
    'appSettings',
    'modules/functionApp.bicep',
    '  EASGATE_SIGNING_KEY:',
    '  // EASGATE_SIGNING_KEY:',
    'EASGATE_SIGNING_KEY is not set',
  ],
  [
    'appSettings',
    'modules/functionApp.bicep',
    '__tableServiceUri:',
    '__fileServiceUri:',
    'AzureWebJobsStorage is not set',
  ],
]

describe('a mistake is found', () => {
  let ended: ReturnType<typeof check>
  beforeAll(() => {
    ended = check(mistakes.map(([, file, from, to]) => copyWith(file, from, to)))
  })
  test.each(mistakes.map(([name, file, , , says], index) => ({ name, file, says, index })))(
    '$name, in $file: $says',
    ({ name, says, index }) => {
      const problems = ended.checked[index]?.problems ?? []
      const told = problems.filter((one) => one.check === name).map(({ problem }) => problem)
      expect(told).toContainEqual(expect.stringContaining(says))
    },
  )
  test('and the command ends with 1', () => {
    expect(ended.status).toBe(1)
  })
})

function copyWith(file: string, from: string, to: string): string {
  const folder = mkdtempSync(path.join(scratch, 'copy-'))
  cpSync(path.join(root, 'infra'), folder, { recursive: true })
  const before = readFileSync(path.join(folder, file), 'utf8')
  expect(before).toContain(from)
  writeFileSync(
    path.join(folder, file),
    before.replace(from, () => to),
  )
  return folder
}

/** A `bicep` that says it is one, and ends its other commands with `status`. */
function withCompiler(status: number): ReturnType<typeof spawnSync> {
  const folder = mkdtempSync(path.join(scratch, 'bicep-'))
  const program = `#!/bin/sh\ncase "$1" in --version) exit 0;; esac\necho "$@" >> ${folder}/asked\necho said >&2\nexit ${status}\n`
  writeFileSync(path.join(folder, 'bicep'), program, { mode: 0o755 })
  const env = { PATH: `${folder}${path.delimiter}/bin${path.delimiter}/usr/bin` }
  const ended = spawnSync(process.execPath, ['tools/checkInfra.mjs'], { cwd: root, encoding: 'utf8', env })
  expect(readFileSync(path.join(folder, 'asked'), 'utf8')).toBe(
    'build --stdout infra/main.bicep\nlint infra/main.bicep\n',
  )
  return ended
}

describe.skipIf(process.platform === 'win32')('where there is a Bicep compiler', () => {
  test('it builds and lints, and what it says is shown', () => {
    const { status, stdout, stderr } = withCompiler(0)
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('by bicep and the checks: 0'),
    })
    expect(stderr).toBe('said\nsaid\n')
  })
  test('its error is ours', () => {
    const { status, stdout } = withCompiler(1)
    expect({ status, stdout }).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('compiler: bicep build --stdout infra/main.bicep ended with 1'),
    })
  })
})

test('each role assignment says why, in a sentence that lands in Azure beside it', () => {
  const modules = ['storage', 'auditArchive', 'keyVault', 'monitoring', 'relay'].map((name) =>
    read(`infra/modules/${name}.bicep`),
  )
  const grants = modules.flatMap((text) => [...text.matchAll(/\{ role: '([0-9a-f-]{36})', reason: '([^']+)' \}/g)])
  expect(grants).toHaveLength(7)
  for (const [, , reason = ''] of grants)
    expect(reason).toMatch(/^[A-Z][A-Za-z ]+(?: on this container only)?: .{20,}\.$/)
  for (const text of modules) expect(text).toMatch(/description: (grant|sender)\.reason/)
})

test('no account key works, no old TLS, no anonymous sender', () => {
  const all = ['storage', 'auditArchive'].map((name) => read(`infra/modules/${name}.bicep`))
  for (const text of all) {
    expect(text).toContain('allowSharedKeyAccess: false')
    expect(text).toContain("minimumTlsVersion: 'TLS1_2'")
    expect(text).toContain('allowBlobPublicAccess: false')
  }
  expect(read('infra/modules/relay.bicep')).toContain('requiresClientAuthorization: true')
  expect(read('infra/modules/relay.bicep')).not.toContain("'Send'")
  expect(read('infra/modules/keyVault.bicep')).toContain('enablePurgeProtection: true')
})

test('azd finds the function app that Bicep makes, and publishes a folder as it is', () => {
  const yaml = read('azure.yaml')
  const service = /services:\n {2}(\w+):/.exec(yaml)?.[1] ?? ''
  expect(read('infra/modules/functionApp.bicep')).toContain(`'azd-service-name': '${service}'`)
  expect(yaml).toMatch(/host: function\n {4}remoteBuild: false/)
})

test('Bicep and the script grant the same permissions of Graph', () => {
  const names = (text: string) => [...text.matchAll(/'(\w+\.Read\.All)'/g)].map(([, name]) => name)
  const granted = names(read('infra/modules/graphPermissions.bicep'))
  expect(granted).toEqual([
    'User.Read.All',
    'GroupMember.Read.All',
    'Device.Read.All',
    'DeviceManagementManagedDevices.Read.All',
    // Where the settings want it
    'AuditLog.Read.All',
  ])
  expect(names(read('infra/scripts/Grant-GraphPermissions.ps1'))).toEqual(granted)
})
