import { describe, expect, test } from 'vitest'
import { problemText, readConfig } from '../functions/config.ts'
import { fingerprintOf, newKeyPair } from '../protocol/signing.ts'

const keys = newKeyPair()
const next = newKeyPair()
const secret = 'c2VjcmV0LXNoYXJlZC1hY2Nlc3Mta2V5'
const address = 'wss://easgate.servicebus.windows.net/$hc/contoso'
const storage = 'DefaultEndpointsProtocol=https;AccountName=easgate;AccountKey=aGVsbG8=;EndpointSuffix=core.windows.net'
const anchors = 'https://easgate.blob.core.windows.net/audit-anchors'
const connectors = (...list: unknown[]) => JSON.stringify(list)

const good = {
  EASGATE_CONNECTORS: connectors({ id: 'contoso', rendezvous: { address } }),
  EASGATE_SIGNING_KEY: keys.privateKey,
  AzureWebJobsStorage: storage,
}

/** What is read of the good settings with these changes, or the sentences of what is wrong. */
function read(changes: Record<string, string | undefined> = {}) {
  const result = readConfig({ ...good, ...changes })
  return result.ok ? result.config : result.problems.map(problemText)
}

describe('a whole configuration', () => {
  test('has defaults for what may be left out', () => {
    expect(read()).toEqual({
      connectors: [{ id: 'contoso', name: 'contoso', rendezvous: { address, rule: null } }],
      signer: {
        publicKey: keys.publicKey,
        fingerprint: fingerprintOf(keys.publicKey),
        sign: expect.any(Function) as unknown,
      },
      cloudKeys: [keys.publicKey],
      storage: { connectionString: storage },
      anchors: null,
      tablePrefix: 'easgate',
      graphEndpoint: 'https://graph.microsoft.com',
      relayTokenScope: 'https://relay.azure.net/.default',
      clientId: null,
      activation: { publicUrl: null, proof: 'deviceClaim' },
    })
  })

  const identity = { AzureWebJobsStorage: undefined }
  const cases: [string, Record<string, string | undefined>, Record<string, unknown>][] = [
    [
      'several connectors, with names and keys',
      {
        EASGATE_CONNECTORS: connectors(
          { id: 'a', name: 'Europe', rendezvous: { address, keyName: 'send', key: secret } },
          { id: 'b', rendezvous: { address: 'ws://127.0.0.1:9000/$hc/b' } },
        ),
      },
      {
        connectors: [
          { id: 'a', name: 'Europe', rendezvous: { address, rule: { keyName: 'send', key: secret } } },
          { id: 'b', name: 'b', rendezvous: { address: 'ws://127.0.0.1:9000/$hc/b', rule: null } },
        ],
      },
    ],
    [
      'the rule that relays listen with, with its key or without',
      {
        EASGATE_CONNECTORS: connectors(
          { id: 'a', rendezvous: { address, keyName: 'send', key: secret, listen: { keyName: 'listen', key: 'k' } } },
          { id: 'b', rendezvous: { address, listen: { keyName: 'listen' } } },
        ),
      },
      {
        connectors: [
          {
            id: 'a',
            name: 'a',
            rendezvous: { address, rule: { keyName: 'send', key: secret }, listen: { keyName: 'listen', key: 'k' } },
          },
          { id: 'b', name: 'b', rendezvous: { address, rule: null, listen: { keyName: 'listen' } } },
        ],
      },
    ],
    [
      'a key that is to follow: the first signs, join files name both',
      { EASGATE_SIGNING_KEY: `${keys.privateKey} ${next.privateKey}` },
      { signer: expect.objectContaining({ publicKey: keys.publicKey }), cloudKeys: [keys.publicKey, next.publicKey] },
    ],
    [
      'a place for the heads of the audit, with the identity',
      {
        AzureWebJobsStorage: undefined,
        AzureWebJobsStorage__accountName: 'easgate',
        EASGATE_ANCHOR_CONTAINER: anchors,
      },
      { anchors: { container: anchors, key: null } },
    ],
    [
      'a place for the heads of the audit, with the key of the storage',
      { EASGATE_ANCHOR_CONTAINER: anchors },
      { anchors: { container: anchors, key: { accountName: 'easgate', accountKey: 'aGVsbG8=' } } },
    ],
    [
      'the emulator',
      { AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
      { storage: { connectionString: 'UseDevelopmentStorage=true' } },
    ],
    [
      'storage by the name of the account',
      { ...identity, AzureWebJobsStorage__accountName: 'easgate' },
      {
        storage: {
          tableUri: 'https://easgate.table.core.windows.net',
          queueUri: 'https://easgate.queue.core.windows.net',
        },
      },
    ],
    [
      'storage by its addresses, which win over the name',
      {
        ...identity,
        AzureWebJobsStorage__accountName: 'other',
        AzureWebJobsStorage__tableServiceUri: 'https://x.table.core.usgovcloudapi.net/',
        AzureWebJobsStorage__queueServiceUri: 'https://x.queue.core.usgovcloudapi.net',
      },
      {
        storage: {
          tableUri: 'https://x.table.core.usgovcloudapi.net',
          queueUri: 'https://x.queue.core.usgovcloudapi.net',
        },
      },
    ],
    [
      'a connection string wins over the identity',
      { AzureWebJobsStorage__accountName: 'other' },
      { storage: { connectionString: storage } },
    ],
    ['a prefix of its own', { EASGATE_TABLE_PREFIX: 'Test7' }, { tablePrefix: 'Test7' }],
    [
      'another cloud',
      { GRAPH_ENDPOINT: 'https://graph.microsoft.us/' },
      { graphEndpoint: 'https://graph.microsoft.us' },
    ],
    ['a Graph on loopback', { GRAPH_ENDPOINT: 'http://127.0.0.1:4711' }, { graphEndpoint: 'http://127.0.0.1:4711' }],
    [
      'the other scope',
      { RELAY_TOKEN_SCOPE: 'https://relay.azure.net//.default' },
      { relayTokenScope: 'https://relay.azure.net//.default' },
    ],
    ['a user-assigned identity', { AZURE_CLIENT_ID: 'id' }, { clientId: 'id' }],
    ['schedules', { FULL_SYNC_SCHEDULE: '0 0 2 * * 1-5', QUICK_SYNC_SCHEDULE: '*/30 * * * * MON-FRI' }, {}],
    ['space around a value', { EASGATE_TABLE_PREFIX: ' x ' }, { tablePrefix: 'x' }],
    [
      'a blank value is a missing one',
      { EASGATE_TABLE_PREFIX: ' ', GRAPH_ENDPOINT: '' },
      { tablePrefix: 'easgate', graphEndpoint: 'https://graph.microsoft.com' },
    ],
  ]
  test.each(cases)('%s', (_title, changes, expected) => {
    expect(read(changes)).toMatchObject(expected)
  })
})
