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
    ['record', 'records', (c) => ({ partitionKey: `${c}|0001`, rowKey: 'm|' }), (s) => s.rows(world.id, 1)],
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
    await raw.createEntity({ ...keysOf(world.id), v: 3, data: '{}' })
    const error = await failure(read(world.open()))
    expect(error).toMatchObject({ code: 'storeFailed', retryable: false })
    expect(error.message).toMatch(
      new RegExp(`in table easgate${table} has schema version 3, this app knows 2. Update the app`),
    )
  })
})

describe('mailboxes that an older easgate wrote, a row for each of their rows', () => {
  const older = async () => {
    const raw = world.rawTable('easgaterecords')
    await raw.createTable()
    const rows = ['m', 'n'].flatMap((mailboxGuid) =>
      (['entry', 'mailbox', 'pin', 'record'] as const).map((kind): StoredRow => {
        const decision = kind === 'record' ? '{"access":"block"}' : null
        return { mailboxGuid, kind, id: kind === 'mailbox' ? '' : 'x', data: `"${mailboxGuid} ${kind}"`, decision }
      }),
    )
    for (const { mailboxGuid, kind, id, data, decision } of rows) {
      const keys = { partitionKey: `${world.id}|0001`, rowKey: `${mailboxGuid}|${kind}|${id}` }
      await raw.createEntity({ ...keys, v: 1, data, ...(decision !== null && { decision }) })
    }
    return rows
  }

  test('are found whole, and one by one', async () => {
    const rows = await older()
    const store = world.open()
    expect(await store.rows(world.id, 1)).toEqual(rows)
    expect(await store.rowsOf(world.id, 1, ['n'])).toEqual(rows.slice(4))
  })

  test('keep their entries and pins when one of their rows is written, and what is deleted then stays deleted', async () => {
    const [entry, mailbox, pin, record, ...others] = await older()
    const store = world.open()
    await store.writeRows(world.id, 1, [{ ...row(1), data: '"new"' }], [{ mailboxGuid: 'm', kind: 'pin', id: 'x' }])
    const now = [entry, mailbox, { ...row(1), data: '"new"' }, record, ...others]
    expect(await store.rows(world.id, 1)).toEqual(now)
    expect(await world.open().rowsOf(world.id, 1, ['m', 'n'])).toEqual(now)
    expect(pin?.kind).toBe('pin')
    const keys: string[] = []
    const filter = `PartitionKey eq '${world.id}|0001'`
    for await (const each of world.rawTable('easgaterecords').listEntities({ queryOptions: { filter } }))
      keys.push(String(each.rowKey))
    expect(keys).toEqual(['m|', 'n|entry|x', 'n|mailbox|', 'n|pin|x', 'n|record|x'])
  })

  test('are not lost where other mailboxes of their partition were read before', async () => {
    const rows = await older()
    const store = world.open()
    const fresh = { ...row(1), mailboxGuid: 'n', data: '"new"' }
    await store.rowsOf(world.id, 1, ['m'])
    await store.writeRows(world.id, 1, [fresh], [])
    expect(await store.rowsOf(world.id, 1, ['n'])).toEqual([...rows.slice(4, 7), fresh, ...rows.slice(7)])
  })

  test('are as they were written last where a crash left some of those rows behind', async () => {
    const [first] = await older()
    const store = world.open()
    await store.rows(world.id, 1)
    let writes = 0
    world.proxy.choose = ({ body }) => (body !== '' && ++writes > 1 ? 'refused' : null)
    await failure(store.writeRows(world.id, 1, [], [{ mailboxGuid: 'm', kind: 'pin', id: 'x' }]))
    world.proxy.choose = () => null
    const found = await store.rows(world.id, 1)
    expect(found.slice(0, 4).map(({ mailboxGuid, kind }) => `${mailboxGuid} ${kind}`)).toEqual([
      'm entry',
      'm mailbox',
      'm record',
      'n entry',
    ])
    expect(found[0]).toEqual(first)
  })
})

describe('what cannot be stored', () => {
  test('a document, a line or a record over 1 MiB is refused, naming it, and not tried again', async () => {
    const store = world.open()
    const text = 'x'.repeat(530_000)
    const key = world.stage
    const tries: [RegExp, () => Promise<unknown>][] = [
      [
        /row document\|policy of/,
        () => store.saveDocument(world.id, 'policy', { ...defaultPolicy, notificationHtml: text }, null),
      ],
      [/row m\|\+\|[-0-9a-f]+\|0001 of/, () => store.writeRows(world.id, 1, [{ ...row(1), data: text }], [])],
      [/row 0001\|00000000\|0000 of/, () => store.stage(key, 0, new Map([[1, [text]]]))],
    ]
    for (const [name, tried] of tries) {
      const error = await failure(tried())
      expect(error).toMatchObject({ code: 'storeFailed', retryable: false })
      expect(error.message).toMatch(name)
      expect(error.message).toContain(`of partition ${world.id}`)
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
