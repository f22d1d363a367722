/** The part of the store's contract about documents, relays and runs. */
import { describe, expect, test } from 'vitest'
import { newConnector, type Organization } from '../../functions/core/run.ts'
import { defaultPolicy } from '../../functions/core/settings.ts'
import type { RelayApproval } from '../../functions/core/relay.ts'
import { newRun } from '../fakes/newRun.ts'
import { hostileIds, type StoreTest } from './storeTest.ts'

export function stateContract({ store, other, newId }: StoreTest): void {
  describe('documents', () => {
    test('a document that nobody wrote is null', async () => {
      expect(await store().document(newId(), 'policy')).toBeNull()
    })

    test('what one client wrote another reads, with the ETag of the write', async () => {
      const id = newId()
      const etag = await store().saveDocument(id, 'connector', newConnector(id), null)
      expect(await other().document(id, 'connector')).toEqual({ value: newConnector(id), etag })
      expect(await other().document(id, 'policy')).toBeNull()
    })

    test('each write gives another ETag, and only the last one may be replaced', async () => {
      const id = newId()
      const first = await store().saveDocument(id, 'policy', defaultPolicy, null)
      const second = await other().saveDocument(id, 'policy', { ...defaultPolicy, enabled: true }, first)
      expect(second).not.toBe(first)
      await expect(store().saveDocument(id, 'policy', defaultPolicy, first)).rejects.toMatchObject({
        code: 'changedMeanwhile',
        retryable: true,
      })
      expect((await store().document(id, 'policy'))?.value.enabled).toBe(true)
    })

    test('a document that is there is not inserted again', async () => {
      const id = newId()
      await store().saveDocument(id, 'policy', defaultPolicy, null)
      await expect(other().saveDocument(id, 'policy', defaultPolicy, null)).rejects.toMatchObject({
        code: 'changedMeanwhile',
      })
    })

    test('of two clients that replace the same version one wins', async () => {
      const id = newId()
      const etag = await store().saveDocument(id, 'policy', defaultPolicy, null)
      const writes = [store(), other(), store(), other()].map((client) =>
        client.saveDocument(id, 'policy', { ...defaultPolicy, enabled: true }, etag),
      )
      const ends = await Promise.allSettled(writes)
      expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1)
    })

    test('a long document comes back as it was, also where a surrogate pair falls on every cut', async () => {
      const id = newId()
      const notificationHtml = `x${'😀'.repeat(70_000)}`
      await store().saveDocument(id, 'policy', { ...defaultPolicy, notificationHtml }, null)
      const found = await store().document(id, 'policy')
      expect(found?.value.notificationHtml === notificationHtml).toBe(true)
    })

    test('a shorter document replaces a longer one whole', async () => {
      const id = newId()
      const long = { ...defaultPolicy, notificationHtml: 'y'.repeat(100_000) }
      const etag = await store().saveDocument(id, 'policy', long, null)
      await store().saveDocument(id, 'policy', defaultPolicy, etag)
      expect((await store().document(id, 'policy'))?.value).toEqual(defaultPolicy)
    })

    test('connectors with hostile ids do not meet', async () => {
      const ids = hostileIds.map((hostile) => newId() + hostile)
      for (const id of ids) await store().saveDocument(id, 'connector', newConnector(id), null)
      for (const id of ids) expect((await other().document(id, 'connector'))?.value.id).toBe(id)
    })
  })

  describe('relays', () => {
    test('are listed per connector and replaced by fingerprint', async () => {
      const id = newId()
      const [first, second] = [relay('b/+='), relay(`a${hostileIds[0]}`)]
      const etag = await store().saveRelay(id, first, null)
      await store().saveRelay(id, second, null)
      const later = await store().saveRelay(id, { ...first, state: 'approved' }, etag)
      await store().saveRelay(newId(), relay('of another connector'), null)
      expect(await other().relay(id, first.fingerprint)).toEqual({
        value: { ...first, state: 'approved' },
        etag: later,
      })
      expect(await other().relay(id, 'of another connector')).toBeNull()
      expect(await other().relays(id)).toEqual([second, { ...first, state: 'approved' }])
    })
    test('are guarded by their ETag, which a relay that is seen changes, too', async () => {
      const id = newId()
      const etag = await store().saveRelay(id, relay('d'), null)
      const refused = { code: 'changedMeanwhile', retryable: true }
      await expect(other().saveRelay(id, relay('d'), null)).rejects.toMatchObject(refused)
      await other().sawRelay(id, { ...relay('d'), host: 'seen' })
      await expect(store().saveRelay(id, { ...relay('d'), state: 'rejected' }, etag)).rejects.toMatchObject(refused)
      expect(await other().relays(id)).toEqual([{ ...relay('d'), host: 'seen' }])
    })
    test('that are seen are added, and later change what they say of themselves alone', async () => {
      const id = newId()
      const pending = relay('c')
      await store().sawRelay(id, pending)
      const known = await other().relay(id, 'c')
      await other().saveRelay(id, { ...pending, state: 'rejected' }, known?.etag ?? null)
      await store().sawRelay(id, {
        ...pending,
        state: 'approved',
        host: 'elsewhere',
        lastSeen: '2026-12-01T00:00:00.000Z',
        about,
      })
      const expected = {
        ...pending,
        state: 'rejected',
        host: 'elsewhere',
        lastSeen: '2026-12-01T00:00:00.000Z',
        about,
      }
      expect(await other().relays(id)).toEqual([expected])
    })
  })

  describe('organizations', () => {
    const claim = (connectorId: string, before: string | null = null): Organization => {
      return { name: 'Contoso', connectorId, since: '2026-11-21T08:00:00.000Z', before }
    }

    test('an organization is served by nobody, then by whoever claims it first', async () => {
      const key = newId()
      expect(await store().organization(key)).toBeNull()
      const claims = [store(), other()].map((client, index) => client.saveOrganization(key, claim(`c${index}`), null))
      const ends = await Promise.allSettled(claims)
      expect(ends.map((end) => end.status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const rejected = ends.find((end) => end.status === 'rejected')
      expect(rejected?.reason).toMatchObject({ code: 'changedMeanwhile', retryable: true })
      const winner = ends.findIndex((end) => end.status === 'fulfilled')
      expect((await other().organization(key))?.value).toEqual(claim(`c${winner}`))
    })

    test('a claim moves with the ETag of the one before, and with no other', async () => {
      const key = newId()
      const first = await store().saveOrganization(key, claim('a'), null)
      const second = await other().saveOrganization(key, claim('b', 'a'), first)
      await expect(store().saveOrganization(key, claim('c', 'a'), first)).rejects.toMatchObject({
        code: 'changedMeanwhile',
      })
      expect(await store().organization(key)).toEqual({ value: claim('b', 'a'), etag: second })
    })

    test('organizations and connectors with hostile names do not meet', async () => {
      const keys = hostileIds.map((hostile) => newId() + hostile)
      for (const key of keys) await store().saveOrganization(key, claim(key), null)
      for (const key of keys) {
        expect((await other().organization(key))?.value.connectorId).toBe(key)
        expect(await other().document(key, 'connector')).toBeNull()
      }
    })
  })

  describe('runs', () => {
    test('a run is found by its id and guarded by its ETag', async () => {
      const run = newRun({ connectorId: newId(), id: 'r1', startedAt: '2026-11-21T08:00:00.000Z' })
      expect(await store().run(run.connectorId, run.id)).toBeNull()
      const etag = await store().saveRun(run, null)
      expect(await other().run(run.connectorId, run.id)).toEqual({ value: run, etag })
      const next = await other().saveRun({ ...run, position: 1 }, etag)
      await expect(store().saveRun({ ...run, position: 9 }, etag)).rejects.toMatchObject({ code: 'changedMeanwhile' })
      await expect(store().saveRun(run, null)).rejects.toMatchObject({ code: 'changedMeanwhile' })
      expect(await store().run(run.connectorId, run.id)).toEqual({ value: { ...run, position: 1 }, etag: next })
    })

    test('the newest come first, as many as asked for, of one connector', async () => {
      const id = newId()
      const starts = [
        ['b', '08:00:00'],
        ['d', '09:00:00'],
        [hostileIds[0], '10:00:00'],
        ['a', '07:59:59'],
      ] as const
      const save = async (connectorId: string, run: string, time: string) =>
        store().saveRun(newRun({ connectorId, id: run, startedAt: `2026-11-21T${time}.000Z` }), null)
      for (const [run, time] of starts) await save(id, run, time)
      await save(newId(), 'z', '12:00:00')
      const newest = async (top: number) => (await other().runs(id, top)).map((run) => run.id)
      expect(await newest(100)).toEqual([hostileIds[0], 'd', 'b', 'a'])
      expect(await newest(2)).toEqual([hostileIds[0], 'd'])
      expect(await newest(0)).toEqual([])
    })
  })
}

const about = { version: '1', server: 'ex1', serverSince: null, serverReason: null, sendsMail: false }

function relay(fingerprint: string): RelayApproval {
  const seen = '2026-11-21T08:00:00.000Z'
  return { fingerprint, publicKey: 'k', state: 'pending', host: null, firstSeen: seen, lastSeen: seen, about: null }
}
