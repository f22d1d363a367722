/** The part of the store's contract about the ledger of mails. */
import { describe, expect, test } from 'vitest'
import type { LedgerMail } from '../../functions/portsStore.ts'
import { hostileIds, type StoreTest } from './storeTest.ts'

export function mailsContract({ store, other, newId }: StoreTest): void {
  describe('the ledger of mails', () => {
    test('a mail that nobody claimed is null', async () => {
      expect(await store().ledgerMail(newId(), { record: 'r', reason: 'notEnrolled' })).toBeNull()
    })

    test('of all who claim a mail one gets it', async () => {
      const id = newId()
      const claims = [store(), other(), store(), other()].map((client, index) =>
        client.saveLedgerMail(id, { ...claimed, batchId: `b${index}` }, null),
      )
      const ends = await Promise.allSettled(claims)
      const won = ends.findIndex(({ status }) => status === 'fulfilled')
      const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
      expect(lost).toHaveLength(3)
      for (const reason of lost) expect(reason).toMatchObject({ code: 'changedMeanwhile' })
      expect((await other().ledgerMail(id, claimed))?.value).toEqual({ ...claimed, batchId: `b${won}` })
    })

    test('of all who claim a delayed mail once more one gets it', async () => {
      const id = newId()
      await store().saveLedgerMail(id, delayed, null)
      const before = await store().ledgerMail(id, claimed)
      const claims = [store(), other(), store(), other()].map((client) =>
        client.saveLedgerMail(id, { ...claimed, tries: 2 }, before),
      )
      const ends = await Promise.allSettled(claims)
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    test('what is saved is read with the ETag of the write, and guarded by it', async () => {
      const id = newId()
      const etag = await store().saveLedgerMail(id, claimed, null)
      expect(await other().ledgerMail(id, claimed)).toEqual({ value: claimed, etag })
      const sent: LedgerMail = { ...claimed, state: 'sent', endedAt: '2026-11-21T08:00:05.000Z' }
      await other().saveLedgerMail(id, sent, { value: claimed, etag })
      await expect(store().saveLedgerMail(id, delayed, { value: claimed, etag })).rejects.toMatchObject({
        code: 'changedMeanwhile',
      })
      expect((await store().ledgerMail(id, claimed))?.value).toEqual(sent)
      expect(await store().dueMails(id, '2999-01-01T00:00:00.000Z', 9)).toEqual([])
    })

    test('delayed mails are found when they are due, the longest due first, and not once they are claimed', async () => {
      const id = newId()
      const key = (record: string, minute: string) => ({ ...delayed, record, dueAt: `2026-11-21T08:${minute}:00.000Z` })
      for (const mail of [key('b', '20'), key('c', '30'), key('a', '10')]) await store().saveLedgerMail(id, mail, null)
      await store().saveLedgerMail(newId(), key('of another connector', '10'), null)
      await store().saveLedgerMail(id, { ...claimed, record: 'not delayed' }, null)
      const due = async (minute: string, top = 9) =>
        (await other().dueMails(id, `2026-11-21T08:${minute}:00.000Z`, top)).map(({ record }) => record)
      expect([
        await due('09'),
        await due('10'),
        await due('29'),
        await due('59'),
        await due('59', 2),
        await due('59', 0),
      ]).toEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b'], []])
      const before = await store().ledgerMail(id, key('a', ''))
      await store().saveLedgerMail(id, { ...claimed, record: 'a', tries: 2 }, before)
      expect(await due('59')).toEqual(['b', 'c'])
      const again = await store().ledgerMail(id, key('a', ''))
      await store().saveLedgerMail(id, { ...key('a', '40'), tries: 2 }, again)
      expect([await due('39'), await due('59')]).toEqual([
        ['b', 'c'],
        ['b', 'c', 'a'],
      ])
    })

    test('hostile records and reasons do not meet, and come back as they were', async () => {
      const id = newId()
      const keys = hostileIds.flatMap((record) => hostileIds.slice(0, 4).map((reason) => ({ record, reason })))
      for (const key of keys) await store().saveLedgerMail(id, { ...delayed, ...key }, null)
      for (const key of keys) expect((await other().ledgerMail(id, key))?.value).toMatchObject(key)
      const due = await other().dueMails(id, '2999-01-01T00:00:00.000Z', 999)
      const named = (key: object) => JSON.stringify(key)
      expect(due.map(named).toSorted()).toEqual(keys.map(named).toSorted())
    })
  })
}

const claimed: LedgerMail = {
  record: '00000000-0000-4000-8000-000000000001',
  reason: 'notEnrolled',
  state: 'claimed',
  batchId: 'b',
  tries: 1,
  claimedAt: '2026-11-21T08:00:00.000Z',
  endedAt: null,
  dueAt: null,
  message: null,
}
const delayed: LedgerMail = {
  ...claimed,
  state: 'delayed',
  endedAt: '2026-11-21T08:00:05.000Z',
  dueAt: '2026-11-21T08:05:00.000Z',
  message: 'the server is busy',
}
