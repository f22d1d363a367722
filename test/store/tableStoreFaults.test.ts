/** What the table store does when the service fails, loses answers or cuts pages: beyond the contract, on a real Azurite behind a proxy. */
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { PlannedChange } from '../../functions/core/plan.ts'
import { defaultPolicy } from '../../functions/core/settings.ts'
import type { StoredRow } from '../../functions/portsStore.ts'
import { azuriteKey, connectionStringFor } from '../azurite.ts'
import { behindProxy, failure } from './behindProxy.ts'
import { startFaultProxy } from './faultProxy.ts'

const world = behindProxy()

function row(index: number): StoredRow {
  return { mailboxGuid: 'm', kind: 'record', id: String(index).padStart(4, '0'), data: '{}', decision: null }
}

function change(key: string): { key: string; change: PlannedChange } {
  return { key, change: { kind: 'defaultLevel', phase: 2, before: 'allow', after: 'block' } }
}

describe('a service that fails', () => {
  test('is asked again when it is busy, and every try is counted', async () => {
    const store = world.open()
    await store.document(world.id, 'policy')
    const before = store.requests()
    let failures = 2
    world.proxy.choose = () => (failures-- > 0 ? 'busy' : null)
    await store.saveDocument(world.id, 'policy', defaultPolicy, null)
    expect(store.requests() - before).toBe(3)
  })

  test('that stays busy is an error to retry, with status, code and request world.id, and without what it said', async () => {
    const store = world.open()
    await store.document(world.id, 'policy')
    world.proxy.choose = () => 'busy'
    const error = await failure(store.saveDocument(world.id, 'policy', defaultPolicy, null))
    expect(error).toMatchObject({ code: 'storeFailed', retryable: true })
    expect(error.message).toBe(
      `cannot write row document|policy of partition ${world.id} to table easgateconnectors: status 503, ServerBusy, request request-17`,
    )
    expect(inspect(error, { depth: 9 })).not.toMatch(/sig=|SharedKey|Authorization/i)
  })

  test('that refuses the request is an error not to retry', async () => {
    const store = world.open()
    await store.document(world.id, 'policy')
    world.proxy.choose = () => 'refused'
    expect(await failure(store.document(world.id, 'policy'))).toMatchObject({ code: 'storeFailed', retryable: false })
  })

  test.each(['silence', 'half'] as const)(
    'that gives no whole answer (%s) is given up in time and asked again',
    async (fault) => {
      const store = world.open({ requestTimeoutMs: 300 })
      await store.document(world.id, 'policy')
      world.proxy.choose = ({ isRepeated }) => (isRepeated ? null : fault)
      const before = store.requests()
      const etag = await store.saveDocument(world.id, 'policy', defaultPolicy, null)
      expect(await store.document(world.id, 'policy')).toEqual({ value: defaultPolicy, etag })
      expect(store.requests() - before).toBeGreaterThanOrEqual(4)
    },
  )

  test('that never gives a whole answer is an error to retry', async () => {
    const store = world.open({ requestTimeoutMs: 50 })
    await store.document(world.id, 'policy')
    world.proxy.choose = () => 'half'
    const error = await failure(store.document(world.id, 'policy'))
    expect(error).toMatchObject({ code: 'storeFailed', retryable: true })
    expect(error.message).toMatch(/no answer, ETIMEDOUT/)
  })

  test('that is not there is an error to retry, and is found again when it is', async () => {
    const gone = await startFaultProxy(world.azurite.tableUrl)
    await gone.close()
    const store = world.open({ service: connectionStringFor(gone.url, world.azurite.queueUrl) })
    const error = await failure(store.document(world.id, 'policy'))
    expect(error).toMatchObject({ code: 'storeFailed', retryable: true })
    expect(error.message).toMatch(/no answer, ECONNREFUSED/)
  })

  test('that knows no such key says which roles are missing, and nothing of the key or the signature', async () => {
    const wrongKey = Buffer.from('wrong key').toString('base64')
    const service = world.azurite.connectionString.replace(azuriteKey, wrongKey)
    const error = await failure(world.open({ service }).document(world.id, 'policy'))
    expect(error).toMatchObject({ code: 'storeFailed', retryable: true })
    expect(error.message).toMatch(/status 403.*Storage Table Data Contributor/)
    expect(inspect(error, { depth: 9 })).not.toMatch(new RegExp(`${wrongKey}|SharedKey|signature`, 'i'))
  })

  test('whose tables were deleted gets them again, after one error to retry', async () => {
    const store = world.open({ tablePrefix: 'gone' })
    await store.saveDocument(world.id, 'policy', defaultPolicy, null)
    await world.rawTable('goneconnectors').deleteTable()
    expect(await failure(store.document(world.id, 'policy'))).toMatchObject({ code: 'storeFailed', retryable: true })
    expect(await store.document(world.id, 'policy')).toBeNull()
  })

  test('that fails one of many transactions: nothing is under way any more when that is reported', async () => {
    const store = world.open()
    await store.changes(world.id, 'r', '', null, 1)
    let requests = 0
    world.proxy.choose = () => (requests++ === 0 ? 'refused' : null)
    const changes = Array.from({ length: 1_000 }, (_, index) => change(String(index).padStart(4, '0')))
    expect(await failure(store.putChanges(world.id, 'r', changes))).toMatchObject({
      code: 'storeFailed',
      retryable: false,
    })
    expect([requests, world.proxy.open]).toEqual([10, 0])
    expect(await store.changes(world.id, 'r', '', null, 1_000)).toHaveLength(900)
  })
})

describe('an answer that is lost', () => {
  test('does not make our own write somebody else’s', async () => {
    const store = world.open()
    world.proxy.choose = ({ isRepeated, body }) => (!isRepeated && body !== '' ? 'lostAnswer' : null)
    const etag = await store.saveDocument(world.id, 'policy', defaultPolicy, null)
    const next = await store.saveDocument(world.id, 'policy', { ...defaultPolicy, enabled: true }, etag)
    expect(await store.document(world.id, 'policy')).toEqual({ value: { ...defaultPolicy, enabled: true }, etag: next })
  })

  test('leaves a mailbox of several rows whole', async () => {
    const store = world.open()
    const rows = Array.from({ length: 3 }, (_, index) => ({ ...row(index), data: `"${'x'.repeat(300_000)}"` }))
    world.proxy.choose = ({ isRepeated, body }) => (!isRepeated && body !== '' ? 'lostAnswer' : null)
    await store.writeRows(world.id, 1, rows, [])
    expect(await world.open().rowsOf(world.id, 1, ['m'])).toEqual(rows)
    await store.writeRows(world.id, 1, [{ ...row(1), data: '1' }], [])
    expect(await world.open().rows(world.id, 1)).toEqual([rows[0], { ...row(1), data: '1' }, rows[2]])
  })

  test('does not write an audit entry twice', async () => {
    const store = world.open()
    world.proxy.choose = ({ isRepeated, body }) => (!isRepeated && body !== '' ? 'lostAnswer' : null)
    const at = '2026-11-21T08:00:00.000Z'
    const entry = {
      at,
      actor: 'timer',
      action: 'x',
      runId: null,
      subject: 's',
      before: null,
      after: null,
      outcome: null,
    }
    await store.appendAudit(world.id, [entry])
    await store.appendAudit(
      world.id,
      Array.from({ length: 150 }, () => entry),
    )
    expect((await store.audit(world.id, 1, 1_000)).map((each) => each.seq)).toEqual(
      Array.from({ length: 151 }, (_, i) => i + 1),
    )
  })
})

describe('a write of many rows', () => {
  test('of two mailboxes that breaks has written each whole or not at all', async () => {
    const store = world.open()
    const rows = ['a', 'b'].flatMap((mailboxGuid) =>
      Array.from({ length: 3 }, (_, index) => ({ ...row(index), mailboxGuid, data: `"${'x'.repeat(300_000)}"` })),
    )
    for (let last = 1; last < 9; last += 1) {
      let writes = 0
      world.proxy.choose = ({ body }) => (body !== '' && ++writes > last ? 'refused' : null)
      await store.writeRows(world.id, 1, rows, []).catch(() => undefined)
      world.proxy.choose = () => null
      const found = (await store.rows(world.id, 1)).map(({ mailboxGuid }) => mailboxGuid)
      expect(['', 'aaa', 'bbb', 'aaabbb']).toContain(found.join(''))
    }
    await store.writeRows(world.id, 1, rows, [])
    expect(await store.rows(world.id, 1)).toEqual(rows)
  })
})

describe('pages that are cut', () => {
  test('by the service anywhere, or empty, lose no row and give none twice', async () => {
    const store = world.open()
    const rows = Array.from({ length: 20 }, (_, index) => ({ ...row(index), mailboxGuid: `m${10 + index}` }))
    await store.writeRows(world.id, 1, rows, [])
    await store.putChanges(world.id, 'r', ['a', 'b', 'c', 'd', 'e', 'f'].map(change))
    let pages = 0
    world.proxy.choose = ({ isRepeated }) => (isRepeated ? null : pages++ % 2 === 0 ? 'emptyPage' : 'shortPage')
    expect(await store.rows(world.id, 1)).toEqual(rows)
    expect(pages).toBeGreaterThan(10)
    expect((await store.changes(world.id, 'r', '', 'a', 4)).map(({ key }) => key)).toEqual(['b', 'c', 'd', 'e'])
  })

  test('are never asked for with more than the 1,000 rows that the service gives', async () => {
    const store = world.open()
    await store.putChanges(world.id, 'r', [change('a')])
    const tops: number[] = []
    world.proxy.choose = ({ url }) => {
      const top = /(?:\$|%24)top=(\d+)/.exec(url)?.[1]
      if (top !== undefined) tops.push(Number(top))
      return null
    }
    await store.changes(world.id, 'r', '', null, 5_000)
    await store.changes(world.id, 'r', '', null, 3)
    await store.rows(world.id, 1)
    expect(tops).toEqual([1_000, 3, 1_000])
  })
})
