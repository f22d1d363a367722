import { TableServiceClient } from '@azure/data-tables'
import { describe, expect, test } from 'vitest'
import { newConnector } from '../../functions/core/run.ts'
import { defaultPolicy } from '../../functions/core/settings.ts'
import type { Place, Store, StoredRow } from '../../functions/portsStore.ts'
import { newRun } from '../fakes/newRun.ts'
import { behindProxy, failure } from './behindProxy.ts'

const world = behindProxy()
const versionKeys = { partitionKey: 'tables|version', rowKey: 'version' }
const prefix = () => `t${world.id}`

async function mark(v: number): Promise<void> {
  const raw = world.rawTable(`${prefix()}connectors`)
  await raw.createTable()
  await raw.createEntity({ ...versionKeys, v })
}

async function rawKeys(): Promise<string[]> {
  const found: string[] = []
  const options = { allowInsecureConnection: true }
  const service = TableServiceClient.fromConnectionString(world.azurite.connectionString, options)
  for await (const { name = '' } of service.listTables()) {
    if (!name.startsWith(prefix())) continue
    for await (const row of world.rawTable(name).listEntities())
      found.push(`${row.partitionKey} ${row.rowKey} ${String(row.v)}`)
  }
  return found
}

const at = '2026-11-21T08:00:00.000Z'
const row: StoredRow = { mailboxGuid: 'm', kind: 'record', id: 'r', data: '{}', decision: null }
const place: Place = { kind: 'due', id: at, mailboxGuid: 'm', data: '' }
const entry = { at, actor: '', action: '', runId: null, subject: '', before: null, after: null, outcome: null }
const change = { kind: 'removeRule', phase: 2, rule: {} } as never
const writes: [string, (store: Store) => Promise<unknown>][] = [
  ['a policy', (s) => s.saveDocument('c', 'policy', defaultPolicy, null)],
  ['the connector', (s) => s.saveDocument('c', 'connector', newConnector('c'), null)],
  ['a run', (s) => s.saveRun(newRun({ connectorId: 'c', id: 'r', startedAt: at }), null)],
  ['mailboxes', (s) => s.writeRows('c', 1, [row], [])],
  ['a place of the lists', (s) => s.writePlaces('c', [place], [])],
  ['a place of the index', (s) => s.writePlaces('c', [{ ...place, kind: 'user' }], [])],
  [
    'staged lines',
    (s) => s.stage({ connectorId: 'c', runId: 'r', kind: 'users', attempt: '1' }, 0, new Map([[1, ['{}']]])),
  ],
  ['a plan', (s) => s.putChanges('c', 'r', [{ key: 'k', change }])],
  ['audit rows', (s) => s.appendAudit('c', [entry])],
]

describe('tables that a newer easgate has used', () => {
  test.each(writes)('are not written: %s', async (_, write) => {
    await mark(3)
    const error = await failure(write(world.open({ tablePrefix: prefix() })))
    expect(error).toMatchObject({ code: 'storeFailed', retryable: false })
    expect(error.message).toMatch(/has schema version 3, this app knows 2\. Update the app/)
    expect(await rawKeys()).toEqual(['tables|version version 3'])
  })

  test('are not read either, whatever version their rows are of', async () => {
    await world.open({ tablePrefix: prefix() }).saveDocument('c', 'policy', defaultPolicy, null)
    await world.rawTable(`${prefix()}connectors`).updateEntity({ ...versionKeys, v: 3 }, 'Replace')
    const error = await failure(world.open({ tablePrefix: prefix() }).document('c', 'policy'))
    expect(error.message).toContain('has schema version 3, this app knows 2')
  })
})

describe('the first request of a process', () => {
  test('raises the version of older tables, and of new ones, whoever is first', async () => {
    const stores = Array.from({ length: 4 }, () => world.open({ tablePrefix: prefix() }))
    await Promise.all(stores.map((store) => store.document('c', 'policy')))
    expect(await rawKeys()).toEqual(['tables|version version 2'])
    await world.rawTable(`${prefix()}connectors`).updateEntity({ ...versionKeys, v: 1 }, 'Replace')
    await world.open({ tablePrefix: prefix() }).runs('c', 1)
    expect(await rawKeys()).toEqual(['tables|version version 2'])
  })

  test('that fails does not keep the next from working', async () => {
    const store = world.open({ tablePrefix: prefix() })
    world.proxy.choose = () => 'refused'
    await failure(store.document('c', 'policy'))
    world.proxy.choose = () => null
    expect(await store.document('c', 'policy')).toBeNull()
  })

  test('costs one reading a process where the version is this one', async () => {
    await world.open({ tablePrefix: prefix() }).document('c', 'policy')
    const store = world.open({ tablePrefix: prefix() })
    await store.document('c', 'policy')
    await store.document('c', 'policy')
    // The table is made, the version read; then one for each document
    expect(store.requests()).toBe(4)
  })
})
