// The app settings as Bicep composes them, taken through the app's own reader: what is deployed is what the app understands.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, expect, test } from 'vitest'
import { Language, Parser, type Node } from 'web-tree-sitter'
import { readConfig } from '../../functions/config.ts'
import { readHosting } from '../../functions/configHosting.ts'
import { valueOf } from './bicepValue.ts'

const source = readFileSync(new URL('../../infra/modules/functionApp.bicep', import.meta.url), 'utf8')

let root: Node
beforeAll(async () => {
  await Parser.init()
  const parser = new Parser()
  const wasm = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')
  parser.setLanguage(await Language.load(wasm))
  root = parser.parse(source)?.rootNode as Node
})

function variable(name: string): Node {
  const found = root.namedChildren.find(
    (one) => one?.type === 'variable_declaration' && one.namedChildren[0]?.text === name,
  )
  return found?.namedChildren[1] as Node
}

const connectors = [
  { id: 'contoso', name: 'Contoso' },
  { id: 'fabrikam.de', name: 'Fabrikam "Süd"' },
]
const given = {
  tenant: { tenantId: '00000000-0000-0000-0000-00000000000a' },
  connectors,
  relayHost: 'relay-easgate-x1.servicebus.windows.net',
  identityClientId: '00000000-0000-0000-0000-00000000000b',
  blobEndpoint: 'https://steasgatex1.blob.core.windows.net/',
  queueEndpoint: 'https://steasgatex1.queue.core.windows.net/',
  tableEndpoint: 'https://steasgatex1.table.core.windows.net/',
  anchorContainerUrl: 'https://steasgatex1aud.blob.core.windows.net/audit-anchors',
  signingKeyUri: 'https://kv-easgate-x1.vault.azure.net/secrets/easgate-signing-key',
  insights: { properties: { ConnectionString: 'InstrumentationKey=0' } },
  fullSyncSchedule: '0 0 2 * * *',
  quickSyncSchedule: '0 * * * * *',
  publicUrl: 'https://func-easgate-x1.azurewebsites.net',
  deviceProof: 'signInLog',
}

function settings(): Record<string, string> {
  const connectorSettings = valueOf(variable('connectorSettings'), given)
  return valueOf(variable('settings'), { ...given, connectorSettings }) as Record<string, string>
}

function signingKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
}

test('the app reads all of it, once the platform has put the signing key in place of the reference', () => {
  const read = readConfig({ ...settings(), EASGATE_SIGNING_KEY: signingKey() })
  expect(read).toMatchObject({
    ok: true,
    config: {
      connectors: [
        {
          ...connectors[0],
          rendezvous: {
            address: 'wss://relay-easgate-x1.servicebus.windows.net/$hc/contoso',
            rule: null,
            listen: { keyName: 'listen' },
          },
        },
        { ...connectors[1], rendezvous: { address: 'wss://relay-easgate-x1.servicebus.windows.net/$hc/fabrikam.de' } },
      ],
      storage: {
        tableUri: 'https://steasgatex1.table.core.windows.net',
        queueUri: 'https://steasgatex1.queue.core.windows.net',
      },
      anchors: { container: given.anchorContainerUrl, key: null },
      clientId: given.identityClientId,
      activation: { publicUrl: given.publicUrl, proof: 'signInLog' },
    },
  })
})

test('before that the app says that the reference was not resolved, and nothing else is wrong', () => {
  const read = readConfig(settings())
  expect(read.ok ? [] : read.problems).toEqual([
    expect.objectContaining({
      setting: 'EASGATE_SIGNING_KEY',
      problem: 'is a Key Vault reference that was not resolved',
    }),
  ])
})

test('no setting holds a key, and nobody gets in by a setting alone', () => {
  expect(settings()['EASGATE_CONNECTORS']).not.toContain('"key"')
  expect(Object.values(settings()).join('\n')).not.toMatch(/AccountKey|SharedAccess/i)
  const hosting = readHosting({ ...settings(), WEBSITE_SITE_NAME: 'func-easgate-x1' })
  expect(hosting).toEqual({ isAzure: true, hasBuiltInAuth: false, isLoopbackAdmin: false })
  expect(valueOf(variable('statement'), given)).toEqual({ EASGATE_BUILT_IN_AUTH: 'true' })
})

test('settings beside these can be given, and take the place of none of them', () => {
  expect(source).toContain(
    '  properties: union(otherAppSettings, settings, stateBuiltInAuthentication ? statement : {})\n',
  )
})
