/** What is wrong with the settings is said with the setting and the remedy, all at once, and never with a value. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { problemText, readConfig } from '../functions/config.ts'
import { newKeyPair } from '../protocol/signing.ts'

const keys = newKeyPair()
const secret = 'c2VjcmV0LXNoYXJlZC1hY2Nlc3Mta2V5'
const address = 'wss://easgate.servicebus.windows.net/$hc/contoso'
const connectors = (...list: unknown[]) => JSON.stringify(list)

const good = {
  EASGATE_CONNECTORS: connectors({ id: 'contoso', rendezvous: { address } }),
  EASGATE_SIGNING_KEY: keys.privateKey,
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
}

/** The sentences of what is wrong with the good settings after these changes. */
function problems(changes: Record<string, string | undefined>): string[] {
  const result = readConfig({ ...good, ...changes })
  return result.ok ? [] : result.problems.map(problemText)
}

const connectorsRemedy =
  'set it to a JSON list such as [{"id":"contoso","rendezvous":{"address":"wss://NAMESPACE.servicebus.windows.net/$hc/NAME"}}]'
const keyRemedy =
  'make one with "openssl genpkey -algorithm ed25519 -outform DER | base64 -w0" and give the app a Key Vault reference to it'
const anchorRemedy =
  'set it to the address of a blob container with a time-based retention policy, https://ACCOUNT.blob.core.windows.net/CONTAINER, or leave it out'
const storageRemedy =
  'set AzureWebJobsStorage to a connection string, or for an identity AzureWebJobsStorage__accountName or AzureWebJobsStorage__tableServiceUri and AzureWebJobsStorage__queueServiceUri'

const listenProblem =
  'EASGATE_CONNECTORS.0.rendezvous.listen is the rule that this app sends with; make a second rule with the right Listen only, and name that'

describe('what is wrong is said with the setting and the remedy', () => {
  const one = (rendezvous: object, rest: object = {}) => ({
    EASGATE_CONNECTORS: connectors({ id: 'a', rendezvous, ...rest }),
  })
  const where = 'EASGATE_CONNECTORS.0.rendezvous.address'
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
    .privateKey.export({ type: 'pkcs8', format: 'der' })
    .toString('base64')
  const noList = `EASGATE_CONNECTORS is not JSON; ${connectorsRemedy}`
  const unresolved =
    "is a Key Vault reference that was not resolved; check the secret's name and the identity's access to it"
  const noKey = `EASGATE_SIGNING_KEY is not an Ed25519 private key in base64 PKCS#8 DER; ${keyRemedy}`
  const graph = 'use an address such as https://graph.microsoft.com'
  const scheduleRemedy = 'use one such as "0 0 2 * * *", or leave it out for the default'
  const cases: [string, Record<string, string | undefined>, string[]][] = [
    ['no connectors', { EASGATE_CONNECTORS: undefined }, [`EASGATE_CONNECTORS is missing; ${connectorsRemedy}`]],
    ['connectors that are no JSON', { EASGATE_CONNECTORS: `[{"key":"${secret}"` }, [noList]],
    [
      'an empty list',
      { EASGATE_CONNECTORS: '[]' },
      [`EASGATE_CONNECTORS is wrong (Too small: expected array to have >=1 items); ${connectorsRemedy}`],
    ],
    [
      'connectors from a vault that said no',
      { EASGATE_CONNECTORS: '@Microsoft.KeyVault(SecretUri=https://v/s)' },
      [`EASGATE_CONNECTORS ${unresolved}`],
    ],
    [
      'no rendezvous',
      { EASGATE_CONNECTORS: connectors({ id: 'a' }) },
      [
        `EASGATE_CONNECTORS.0.rendezvous is wrong (Invalid input: expected object, received undefined); ${connectorsRemedy}`,
      ],
    ],
    [
      'a slash in an id',
      { EASGATE_CONNECTORS: connectors({ id: 'a/b', rendezvous: { address } }) },
      [`EASGATE_CONNECTORS.0.id is wrong (is not 1 to 64 letters, digits, ".", "_" or "-"); ${connectorsRemedy}`],
    ],
    [
      'a misspelt property',
      one({ address, keyname: 'send' }),
      [`EASGATE_CONNECTORS.0.rendezvous is wrong (Unrecognized key: "keyname"); ${connectorsRemedy}`],
    ],
    [
      'one id twice',
      { EASGATE_CONNECTORS: connectors({ id: 'a', rendezvous: { address } }, { id: 'A', rendezvous: { address } }) },
      ['EASGATE_CONNECTORS.1.id is used twice (case ignored); give each connector its own id'],
    ],
    ['an address that is no URL', one({ address: 'easgate' }), [`${where} is not a URL; ${connectorsRemedy}`]],
    [
      'an https address',
      one({ address: 'https://easgate.servicebus.windows.net/$hc/x' }),
      [`${where} is not a wss:// address; ${connectorsRemedy}`],
    ],
    [
      'an unprotected address',
      one({ address: 'ws://easgate.servicebus.windows.net/$hc/x' }),
      [`${where} is a ws:// address, which is for loopback only; ${connectorsRemedy}`],
    ],
    [
      'a password in an address',
      one({ address: `wss://u:${secret}@host/$hc/x` }),
      [`${where} holds a user name or password; ${connectorsRemedy}`],
    ],
    [
      'a token in an address',
      one({ address: `${address}?sb-hc-token=${secret}` }),
      [`${where} holds a query or fragment; ${connectorsRemedy}`],
    ],
    [
      'an address without a name',
      one({ address: 'wss://easgate.servicebus.windows.net/$hc/' }),
      [`${where} has no path /$hc/NAME; add the name of the hybrid connection`],
    ],
    [
      'a key without its name',
      one({ address, key: secret }),
      [
        'EASGATE_CONNECTORS.0.rendezvous has only one of keyName and key; give both, or neither to sign in with the managed identity',
      ],
    ],
    [
      'relays that would listen with the rule of the app',
      one({ address, keyName: 'root', key: secret, listen: { keyName: 'root', key: secret } }),
      [listenProblem],
    ],
    [
      'the key of the app under another name',
      one({ address, keyName: 'send', key: secret, listen: { keyName: 'listen', key: secret } }),
      [listenProblem],
    ],
    [
      'a Listen key without its name',
      one({ address, listen: { key: secret } }),
      [
        `EASGATE_CONNECTORS.0.rendezvous.listen.keyName is wrong (Invalid input: expected string, received undefined); ${connectorsRemedy}`,
      ],
    ],
    [
      'a place for the heads of the audit that is none',
      { EASGATE_ANCHOR_CONTAINER: 'audit-anchors' },
      [`EASGATE_ANCHOR_CONTAINER is not a URL; ${anchorRemedy}`],
    ],
    [
      'a place for the heads of the audit with a signature in it',
      { EASGATE_ANCHOR_CONTAINER: 'https://easgate.blob.core.windows.net/a?sv=2024&sig=x' },
      [`EASGATE_ANCHOR_CONTAINER holds a query or fragment; ${anchorRemedy}`],
    ],
    [
      'a place for the heads of the audit without its container',
      { EASGATE_ANCHOR_CONTAINER: 'https://easgate.blob.core.windows.net/' },
      [`EASGATE_ANCHOR_CONTAINER names no container; ${anchorRemedy}`],
    ],
    ['no signing key', { EASGATE_SIGNING_KEY: undefined }, [`EASGATE_SIGNING_KEY is missing; ${keyRemedy}`]],
    ['a signing key that is none', { EASGATE_SIGNING_KEY: secret }, [noKey]],
    ['a public key to sign with', { EASGATE_SIGNING_KEY: keys.publicKey }, [noKey]],
    [
      'a second key that is none',
      { EASGATE_SIGNING_KEY: `${keys.privateKey}  ${secret}` },
      [noKey.replace('DER;', 'DER (number 2 of 2);')],
    ],
    ['another kind of key', { EASGATE_SIGNING_KEY: rsa }, [noKey]],
    [
      'a signing key from a vault that said no',
      { EASGATE_SIGNING_KEY: '@Microsoft.KeyVault(SecretUri=https://v/s)' },
      [`EASGATE_SIGNING_KEY ${unresolved}`],
    ],
    ['no storage', { AzureWebJobsStorage: undefined }, [`AzureWebJobsStorage is missing; ${storageRemedy}`]],
    [
      'a storage that is no connection string',
      { AzureWebJobsStorage: secret },
      [
        `AzureWebJobsStorage is not a storage connection string with DefaultEndpointsProtocol, AccountName and AccountKey; ${storageRemedy}`,
      ],
    ],
    [
      'one of two storage addresses',
      { AzureWebJobsStorage: undefined, AzureWebJobsStorage__tableServiceUri: 'https://x.table.core.windows.net' },
      [
        'AzureWebJobsStorage__queueServiceUri is missing; set it to the address of that service of the storage account, https://…',
      ],
    ],
    [
      'an account that is no name',
      { AzureWebJobsStorage: undefined, AzureWebJobsStorage__accountName: 'https://x' },
      [
        'AzureWebJobsStorage__accountName is not 3 to 24 lower-case letters and digits; set it to the name of the storage account',
      ],
    ],
    [
      'a prefix with a hyphen',
      { EASGATE_TABLE_PREFIX: 'a-b' },
      [
        'EASGATE_TABLE_PREFIX is not 1 to 32 letters and digits starting with a letter; use such a prefix, or leave it out for "easgate"',
      ],
    ],
    [
      'a Graph without TLS',
      { GRAPH_ENDPOINT: 'http://graph.microsoft.com' },
      [`GRAPH_ENDPOINT is a http:// address, which is for loopback only; ${graph}`],
    ],
    [
      'a Graph with a path',
      { GRAPH_ENDPOINT: 'https://graph.microsoft.com/v1.0' },
      [`GRAPH_ENDPOINT has a path; ${graph}`],
    ],
    [
      'a schedule of five fields',
      { FULL_SYNC_SCHEDULE: '0 2 * * *' },
      [`FULL_SYNC_SCHEDULE is not an NCRONTAB expression of six fields, seconds first; ${scheduleRemedy}`],
    ],
    [
      'a time span',
      { QUICK_SYNC_SCHEDULE: '00:01:00' },
      [`QUICK_SYNC_SCHEDULE is not an NCRONTAB expression of six fields, seconds first; ${scheduleRemedy}`],
    ],
    [
      'a switch that is neither',
      { EASGATE_ADMIN_LOOPBACK: 'yes' },
      ['EASGATE_ADMIN_LOOPBACK is neither true nor false; use one of them'],
    ],
  ]
  test.each(cases)('%s', (_title, changes, expected) => {
    const said = problems(changes)
    expect(said).toEqual(expected)
    expect(JSON.stringify(said)).not.toContain(secret)
  })

  test('everything at once', () => {
    const result = readConfig({ GRAPH_ENDPOINT: 'x', EASGATE_BUILT_IN_AUTH: '1' })
    expect(result.ok ? [] : result.problems.map(({ setting }) => setting)).toEqual([
      'EASGATE_CONNECTORS',
      'EASGATE_SIGNING_KEY',
      'AzureWebJobsStorage',
      'GRAPH_ENDPOINT',
      'EASGATE_BUILT_IN_AUTH',
    ])
  })
})
