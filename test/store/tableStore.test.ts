/** What the table store keeps whole and what it refuses: beyond the contract, on a real Azurite. */
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../functions/core/settings.ts'
import type { StageKey, Store, StoredRow } from '../../functions/portsStore.ts'
import { azuriteKey, connectionStringFor } from '../azurite.ts'
import { behindProxy, failure } from './behindProxy.ts'

const world = behindProxy()

function row(index: number): StoredRow {
  return { mailboxGuid: 'm', kind: 'record', id: String(index).padStart(4, '0'), data: '{}', decision: null }
}

/** A line for every partition. */
function page(name: string): Map<number, string[]> {
  return new Map(Array.from({ length: 64 }, (_, partition) => [partition, [`${name}${partition}`]]))
}

describe('a page of staged lines', () => {
  test('written by two at once has every partition once, by one of them or the other', async () => {
    const [store, other, key] = [world.open(), world.open(), world.stage]
    await Promise.all([store.stage(key, 0, page('a')), other.stage(key, 0, page('b'))])
    for (let partition = 0; partition < 64; partition += 1) {
      expect(await store.staged(key, partition)).toEqual([expect.stringMatching(new RegExp(`^[ab]${partition}$`))])
    }
  })

  test('that was cut off while it was rewritten leaves nothing behind when it is written again', async () => {
    const store = world.open()
    const key = world.stage
    await store.stage(
      key,
      0,
      new Map([
        [1, ['one']],
        [2, ['two']],
      ]),
    )
    for (const failAt of [3, 4]) {
      let writes = 0
      world.proxy.choose = ({ body }) => (body !== '' && ++writes === failAt ? 'refused' : null)
      await failure(store.stage(key, 0, new Map([[3, ['three']]])))
    }
    world.proxy.choose = () => null
    await store.stage(key, 0, new Map([[4, ['four']]]))
    const found: string[] = []
    for await (const lines of store.allStaged(key)) found.push(...lines)
    expect(found).toEqual(['four'])
  })
})

describe('a row that a newer easgate wrote', () => {
  const stage: StageKey = { connectorId: 'x', runId: 'r', kind: 'users', attempt: '1' }
  const cases: [
    string,
    string,
    (connectorId: string) => { partitionKey: string; rowKey: string },
    (store: Store) => Promise<unknown>,
  ][] = [
    [
      'document',
      'connectors',
      (c) => ({ partitionKey: c, rowKey: 'document|policy' }),
      (s) => s.document(world.id, 'policy'),
    ],
    ['relay', 'connectors', (c) => ({ partitionKey: c, rowKey: 'relay|f' }), (s) => s.relays(world.id)],
    ['run', 'runs', (c) => ({ partitionKey: c, rowKey: 'run|r' }), (s) => s.run(world.id, 'r')],
    ['record', 'records', (c) => ({ partitionKey: `${c}|0001`, rowKey: 'm|record|r' }), (s) => s.rows(world.id, 1)],
    [
      'change',
      'changes',
      (c) => ({ partitionKey: `${c}|r`, rowKey: 'k' }),
      (s) => s.changes(world.id, 'r', '', null, 9),
    ],
    ['audit row', 'audit', (c) => ({ partitionKey: c, rowKey: '000000000000001' }), (s) => s.audit(world.id, 1, 9)],
    [
      'audit head',
      'audit',
      (c) => ({ partitionKey: c, rowKey: 'head' }),
      (s) =>
        s.appendAudit(world.id, [
          { at: '', actor: '', action: '', runId: null, subject: '', before: null, after: null, outcome: null },
        ]),
    ],
    [
      'staged line',
      'staging',
      (c) => ({ partitionKey: `${c}|r|users|1`, rowKey: '0001|00000000|0000' }),
      (s) => s.staged({ ...stage, connectorId: world.id }, 1),
    ],
  ]

  test.each(cases)('is refused, and the message says to update: %s', async (_, table, keysOf, read) => {
    const raw = world.rawTable(`easgate${table}`)
    await raw.createTable()
    await raw.createEntity({ ...keysOf(world.id), v: 2, data: '{}' })
    const error = await failure(read(world.open()))
    expect(error).toMatchObject({ code: 'storeFailed', retryable: false })
    expect(error.message).toMatch(
      new RegExp(`in table easgate${table} has schema version 2, this app knows 1. Update the app`),
    )
  })
})

describe('what cannot be stored', () => {
  test('a document, a line or a record over 1 MiB is refused, naming it, and not tried again', async () => {
    const store = world.open()
    const text = 'x'.repeat(530_000)
    const key = world.stage
    const tries: [string, Promise<unknown>][] = [
      ['document|policy', store.saveDocument(world.id, 'policy', { ...defaultPolicy, notificationHtml: text }, null)],
      ['m|record|0001', store.writeRows(world.id, 1, [{ ...row(1), data: text }], [])],
      ['0001|00000000|0000', store.stage(key, 0, new Map([[1, [text]]]))],
    ]
    for (const [name, tried] of tries) {
      const error = await failure(tried)
      expect(error).toMatchObject({ code: 'storeFailed', retryable: false })
      expect(error.message).toContain(`row ${name} of partition ${world.id}`)
      expect(error.message).toMatch(/about 10\d\d KiB, 1,024 fit/)
    }
  })

  test('lines together over the size of a row become several rows', async () => {
    const store = world.open()
    const key = world.stage
    const lines = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(180_000))
    await store.stage(key, 0, new Map([[1, lines]]))
    expect((await store.staged(key, 1)).map((line) => line.length)).toEqual([180_000, 180_000, 180_000, 180_000])
    const rows: string[] = []
    for await (const each of world.rawTable('easgatestaging').listEntities({
      queryOptions: { filter: `PartitionKey eq '${world.id}|r|records|1'` },
    })) {
      rows.push(String(each.rowKey))
    }
    expect(rows).toEqual([0, 1, 2, 3].map((chunk) => `0001|00000000|000${chunk}`).concat('page|00000000'))
  })
})

describe('the configuration', () => {
  test.each([
    ['nonsense', 'a b c'],
    ['no key', 'DefaultEndpointsProtocol=https;AccountName=x'],
    ['a bad endpoint', `DefaultEndpointsProtocol=https;AccountName=x;AccountKey=${azuriteKey};TableEndpoint=nowhere`],
  ])('a connection string with %s is refused without being quoted', async (_, service) => {
    const error = await failure(Promise.resolve().then(() => world.open({ service })))
    expect(error.code).toBe('badConfiguration')
    expect(error.message).not.toContain(azuriteKey)
  })

  test('plain http is refused for another machine', async () => {
    const service = connectionStringFor('http://storage.example/account', world.azurite.queueUrl)
    expect(await failure(world.open({ service }).document(world.id, 'policy'))).toMatchObject({ code: 'storeFailed' })
  })

  test('a table prefix that Azure refuses is refused', () => {
    for (const tablePrefix of ['', '1a', 'a-b', 'a'.repeat(41)]) {
      expect(() => world.open({ tablePrefix })).toThrow(expect.objectContaining({ code: 'badConfiguration' }))
    }
  })

  test('an identity is asked for a token for storage, and its failure is an error to retry', async () => {
    const scopes: unknown[] = []
    const credential = {
      getToken(scope: string | string[]) {
        scopes.push(scope)
        return Promise.reject(new Error('no identity here: secret'))
      },
    }
    const error = await failure(
      world.open({ service: { tableEndpoint: 'https://127.0.0.1:9', credential } }).document(world.id, 'policy'),
    )
    expect(scopes.flat()).toContain('https://storage.azure.com/.default')
    expect(error).toMatchObject({ code: 'storeFailed', retryable: true })
    expect(inspect(error)).not.toContain('secret')
  })
})
