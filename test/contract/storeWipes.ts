/** The part of the store's contract about the ledger of wipes. */
import { describe, expect, test } from 'vitest'
import type { LedgerWipe } from '../../functions/core/wipe.ts'
import { hostileIds, type StoreTest } from './storeTest.ts'

const claimed: LedgerWipe = {
  record: 'r1',
  accountOnly: false,
  state: 'claimed',
  batchId: 'b1',
  by: 'ada',
  claimedAt: '2026-11-21T08:00:00.000Z',
  endedAt: null,
  message: null,
}

export function wipesContract({ store, other, newId }: StoreTest): void {
  describe('the ledger of wipes', () => {
    test('a record that nobody wiped has none', async () => {
      expect(await store().ledgerWipe(newId(), 'r1')).toBeNull()
    })

    test('of all who claim a wipe one gets it', async () => {
      const id = newId()
      const claims = [store(), other(), store(), other()].map((client, index) =>
        client.saveLedgerWipe(id, { ...claimed, batchId: `b${index}` }, null),
      )
      const ends = await Promise.allSettled(claims)
      const won = ends.findIndex(({ status }) => status === 'fulfilled')
      const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
      expect(lost).toHaveLength(3)
      for (const reason of lost) expect(reason).toMatchObject({ code: 'changedMeanwhile' })
      expect((await other().ledgerWipe(id, 'r1'))?.value).toEqual({ ...claimed, batchId: `b${won}` })
    })

    test('what is saved is read with the ETag of the write, and guarded by it', async () => {
      const id = newId()
      const etag = await store().saveLedgerWipe(id, claimed, null)
      expect(await other().ledgerWipe(id, 'r1')).toEqual({ value: claimed, etag })
      const done: LedgerWipe = { ...claimed, state: 'done', endedAt: '2026-11-21T08:00:05.000Z' }
      await other().saveLedgerWipe(id, done, etag)
      await expect(store().saveLedgerWipe(id, claimed, etag)).rejects.toMatchObject({ code: 'changedMeanwhile' })
      expect((await store().ledgerWipe(id, 'r1'))?.value).toEqual(done)
      expect(await store().ledgerWipe(newId(), 'r1')).toBeNull()
    })

    test('hostile records do not meet, and come back as they were', async () => {
      const id = newId()
      for (const record of hostileIds) await store().saveLedgerWipe(id, { ...claimed, record }, null)
      for (const record of hostileIds) expect((await other().ledgerWipe(id, record))?.value.record).toBe(record)
    })
  })
}
