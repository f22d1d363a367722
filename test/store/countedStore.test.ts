/** What each caller of a shared store is said to have asked of Table Storage, held against what a proxy in front of Azurite saw. */
import { describe, expect, test } from 'vitest'
import { countedStore } from '../../functions/store/countedStore.ts'
import type { StoredRow } from '../../functions/portsStore.ts'
import { behindProxy } from './behindProxy.ts'

const world = behindProxy()

function rows(count: number): StoredRow[] {
  return Array.from({ length: count }, (_, index) => ({
    mailboxGuid: `m${index}`,
    kind: 'record' as const,
    id: String(index).padStart(4, '0'),
    data: '{}',
    decision: null,
  }))
}

/** Requests that came to the storage service from now on, and operations in them. */
function seen(): (() => number) & { operations: () => number } {
  let count = 0
  let operations = 0
  world.proxy.choose = ({ body }) => {
    count += 1
    operations += Math.max(1, body.match(/^(POST|PUT|PATCH|MERGE|DELETE) http/gm)?.length ?? 0)
    return null
  }
  return Object.assign(() => count, { operations: () => operations })
}

describe('of callers that share a store', () => {
  test('each is told its own requests, and together they are all that came', async () => {
    const shared = world.open()
    const came = seen()
    const [one, other] = [countedStore(shared), countedStore(shared)]
    const ask = async (store: typeof one, times: number) => {
      for (let at = 0; at < times; at += 1) await store.relays(world.id)
    }
    await Promise.all([ask(one, 3), ask(other, 40)])
    // Whichever came first has made the table and looked at its version, too
    expect(one.requests()).toBeLessThanOrEqual(6)
    expect(other.requests()).toBeGreaterThanOrEqual(40)
    expect(one.requests() + other.requests()).toBe(came())
    expect(shared.requests()).toBe(came())
  })

  test('one that waits for its turn behind the other’s transactions still counts its own alone', async () => {
    const shared = world.open()
    const write = async (store: typeof shared, partition: number) => store.writeRows(world.id, partition, rows(950), [])
    await Promise.all([write(shared, 1), shared.relays(world.id)])
    const alone = countedStore(shared)
    await write(alone, 2)
    expect(alone.requests()).toBeGreaterThan(9)
    const came = seen()
    const [one, other] = [countedStore(shared), countedStore(shared)]
    await Promise.all([write(one, 3), write(other, 4), other.relays(world.id)])
    expect([one.requests(), other.requests()]).toEqual([alone.requests(), alone.requests() + 1])
    expect(came()).toBe(2 * alone.requests() + 1)
  })

  test('pages are counted for whoever reads them', async () => {
    const shared = world.open()
    await shared.stage(world.stage, 0, new Map([[1, ['one']]]))
    const came = seen()
    const one = countedStore(shared)
    const found: string[] = []
    for await (const lines of one.allStaged(world.stage)) found.push(...lines)
    expect(found).toEqual(['one'])
    expect(came()).toBeGreaterThan(0)
    expect(one.requests()).toBe(came())
  })
})

test('an operation is a request, or a row of a transaction', async () => {
  const shared = world.open()
  await shared.rows(world.id, 1)
  const store = countedStore(shared)
  const came = seen()
  await store.writeRows(world.id, 1, rows(250), [])
  expect(store.operations()).toBeGreaterThanOrEqual(250)
  expect([store.requests(), store.operations()]).toEqual([came(), came.operations()])
})

test('a request that is tried again counts again', async () => {
  const shared = world.open({ retryDelayMs: 1 })
  await shared.rows(world.id, 1)
  const store = countedStore(shared)
  let left = 2
  world.proxy.choose = () => (left-- > 0 ? 'busy' : null)
  await store.rows(world.id, 1)
  expect(store.requests()).toBe(3)
})
