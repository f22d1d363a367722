/** An id that belongs to more mailboxes than a table row has room for; Azurite has no such limit, the proxy here keeps Azure's. */
import { describe, expect, test } from 'vitest'
import type { Place } from '../../functions/portsStore.ts'
import { behindProxy, failure } from './behindProxy.ts'
import type { Asked } from './faultProxy.ts'

const world = behindProxy()

const guids = Array.from({ length: 300 }, (_, index) => `m${String(index).padStart(3, '0')}`)
const tied = (some: readonly string[], data = 'x'): Place[] =>
  some.map((mailboxGuid) => ({ kind: 'user', id: 'shared', mailboxGuid, data }))
const found = async () => world.open().places(world.id, 'user', ['shared'])

async function rawRows(): Promise<{ rowKey: string; properties: number }[]> {
  const rows: { rowKey: string; properties: number }[] = []
  const filter = `PartitionKey ge '${world.id}|' and PartitionKey lt '${world.id}}'`
  for await (const row of world.rawTable('easgateindex').listEntities({ queryOptions: { filter } })) {
    const notCounted = new Set(['partitionKey', 'rowKey', 'timestamp', 'etag'])
    rows.push({ rowKey: row.rowKey ?? '', properties: Object.keys(row).filter((name) => !notCounted.has(name)).length })
  }
  return rows
}

/** Refuses a transaction that would give a row more than 252 properties, as Azure does. */
function azuresLimit(): (asked: Asked) => 'refused' | null {
  const rows = new Map<string, ReadonlySet<string>>()
  return ({ body, isRepeated }) => {
    if (isRepeated) return null
    const after = new Map(rows)
    let verb = ''
    for (const line of body.split(/\r?\n/)) {
      verb = /^(PUT|PATCH|MERGE|POST|DELETE) http/.exec(line)?.[1] ?? verb
      if (!line.startsWith('{"PartitionKey"')) continue
      const row = JSON.parse(line) as Record<string, unknown>
      const key = `${String(row.PartitionKey)} ${String(row.RowKey)}`
      const names = Object.keys(row).filter((name) => name !== 'PartitionKey' && name !== 'RowKey')
      const kept = verb === 'PATCH' || verb === 'MERGE' ? (after.get(key) ?? []) : []
      after.set(key, new Set([...kept, ...names]))
    }
    if ([...after.values()].some(({ size }) => size > 252)) return 'refused'
    for (const [key, names] of after) rows.set(key, names)
    return null
  }
}

describe('an id of 300 mailboxes', () => {
  test('is written at once and found whole', async () => {
    world.proxy.choose = azuresLimit()
    await world.open().writePlaces(world.id, tied(guids), [])
    expect(await found()).toEqual(tied(guids))
    for (const { properties } of await rawRows()) expect(properties).toBeLessThanOrEqual(252)
  })

  test('is written by each partition of mailboxes in turn, beside other ids, and found whole', async () => {
    let refused = 0
    const choose = azuresLimit()
    world.proxy.choose = (asked) => {
      const fault = choose(asked)
      if (fault) refused += 1
      return fault
    }
    const store = world.open()
    const others = (turn: number): Place[] =>
      Array.from({ length: 20 }, (_, at) => ({ kind: 'user', id: `u${turn}-${at}`, mailboxGuid: 'm', data: '' }))
    for (let turn = 0; turn < 60; turn += 1)
      await store.writePlaces(world.id, [...tied(guids.slice(turn * 5, turn * 5 + 5)), ...others(turn)], [])
    expect(await found()).toEqual(tied(guids))
    expect((await store.places(world.id, 'user', ['u59-0', 'u30-19'])).length).toBe(2)
    // The proxy kept its limit, and it was not met at every turn
    expect(refused).toBeGreaterThan(2)
    expect(refused).toBeLessThan(20)
    // What changes later is known as it is now, wherever it stood
    await store.writePlaces(world.id, tied(guids, 'y'), [])
    expect(await found()).toEqual(tied(guids, 'y'))
    for (const { properties } of await rawRows()) expect(properties).toBeLessThanOrEqual(252)
  })

  test('loses them one after the other, and leaves no row behind', async () => {
    world.proxy.choose = azuresLimit()
    const store = world.open()
    await store.writePlaces(world.id, tied(guids), [])
    await store.writePlaces(world.id, [], tied(guids.slice(0, 250)))
    expect(await found()).toEqual(tied(guids.slice(250)))
    expect((await rawRows()).map(({ rowKey }) => rowKey)).toEqual(['shared'])
    await store.writePlaces(world.id, [], tied(guids))
    expect(await rawRows()).toEqual([])
  })

  test('is whole when two write at once', async () => {
    world.proxy.choose = azuresLimit()
    await Promise.all([
      world.open().writePlaces(world.id, tied(guids.slice(0, 150)), []),
      world.open().writePlaces(world.id, tied(guids.slice(150)), []),
    ])
    expect(await found()).toEqual(tied(guids))
  })

  test('is whole again when a writing that was cut off is repeated, wherever that was', async () => {
    await world.open().writePlaces(world.id, tied(guids.slice(0, 150)), [])
    for (let life = 0; ; life += 1) {
      let left = life
      world.proxy.choose = () => (left-- > 0 ? null : 'refused')
      const isDone = await world
        .open()
        .writePlaces(world.id, tied(guids.slice(100), 'y'), [])
        .then(() => left >= 0)
        .catch(() => false)
      world.proxy.choose = () => null
      const known = new Map((await found()).map(({ mailboxGuid, data }) => [mailboxGuid, data]))
      expect([150, 300]).toContain(known.size)
      for (const guid of guids.slice(0, 100)) expect(known.get(guid)).toBe('x')
      if (isDone) break
      expect(life).toBeLessThan(40)
    }
    expect(await found()).toEqual([...tied(guids.slice(0, 100)), ...tied(guids.slice(100), 'y')])
    // What the dead left beside it goes when it is laid out anew
    await world.open().writePlaces(world.id, [], tied(guids.slice(0, 1)))
    const beside = (await rawRows()).map(({ rowKey }) => rowKey.split('|')[2])
    expect(new Set(beside).size).toBe(2)
  })
})

test('a place that the service refuses for another reason is not taken for written', async () => {
  const store = world.open()
  await store.places(world.id, 'user', ['u'])
  world.proxy.choose = ({ body }) => (body === '' ? null : 'refused')
  const error = await failure(store.writePlaces(world.id, tied(['m']), []))
  expect([error.code, error.retryable]).toEqual(['storeFailed', false])
})
