/** The part of the store's contract about the rows of some mailboxes and the places of the index. */
import { describe, expect, test } from 'vitest'
import type { Place, StoredRow } from '../../functions/portsStore.ts'
import { hostileIds, type StoreTest } from './storeTest.ts'

export function placesContract({ store, other, newId }: StoreTest): void {
  const row = (mailboxGuid: string, kind: StoredRow['kind'], id: string): StoredRow => ({
    mailboxGuid,
    kind,
    id,
    data: JSON.stringify(`${mailboxGuid} ${id}`),
    decision: null,
  })
  const place = (kind: Place['kind'], id: string, mailboxGuid = 'm1', data = ''): Place => ({
    kind,
    id,
    mailboxGuid,
    data,
  })

  describe('the rows of some mailboxes', () => {
    test('come as in the whole partition, and no others', async () => {
      const connector = newId()
      const guids = ['m1', 'm10', 'm', '', ...hostileIds]
      const rows = guids.flatMap((guid) => [row(guid, 'mailbox', ''), row(guid, 'record', 'r1'), row(guid, 'mark', '')])
      await store().writeRows(connector, 3, rows, [])
      for (const guid of guids) {
        const found = await other().rowsOf(connector, 3, [guid])
        expect(new Set(found.map(({ mailboxGuid }) => mailboxGuid))).toEqual(new Set([guid]))
        expect(found.map(({ kind }) => kind)).toEqual(['mailbox', 'mark', 'record'])
      }
      expect((await other().rowsOf(connector, 3, ['m1', 'm10', 'm1', 'nobody'])).length).toBe(6)
      expect(await other().rowsOf(connector, 4, ['m1'])).toEqual([])
      expect(await other().rowsOf(connector, 3, [])).toEqual([])
    })
  })

  describe('places', () => {
    test('are found by their id, each with all its mailboxes', async () => {
      const connector = newId()
      const ids = ['u1', 'u10', 'u', ...hostileIds]
      const all = ids.flatMap((id) => [place('user', id, 'm1', 'a'), place('user', id, 'm2')])
      await store().writePlaces(connector, [...all, place('device', 'u1', 'm9')], [])
      for (const id of ids) {
        expect(await other().places(connector, 'user', [id])).toEqual([
          place('user', id, 'm1', 'a'),
          place('user', id, 'm2'),
        ])
      }
      expect(await other().places(connector, 'device', ['u1', 'u1', 'u10'])).toEqual([place('device', 'u1', 'm9')])
      expect(await other().places(newId(), 'user', ['u1'])).toEqual([])
      expect(await other().places(connector, 'user', [])).toEqual([])
    })

    test('of EAS records are found, and pins are listed, by their Guids', async () => {
      const connector = newId()
      const all = ['r1', 'r2', 'r3'].flatMap((id) => [place('record', id), place('pin', id)])
      await store().writePlaces(connector, all, [])
      expect(await other().places(connector, 'record', ['r2', 'r9'])).toEqual([place('record', 'r2')])
      expect(await other().listPlaces(connector, 'pin', { after: 'r1', to: null, top: 9 })).toEqual([
        place('pin', 'r2'),
        place('pin', 'r3'),
      ])
    })

    test('of bound devices are found and listed, each with all its mailboxes', async () => {
      const connector = newId()
      const all = [place('bound', 'd1'), place('bound', 'd1', 'm2'), place('bound', 'd2'), place('activation', 'd1')]
      await store().writePlaces(connector, all, [])
      expect(await other().places(connector, 'bound', ['d1', 'd9'])).toEqual(all.slice(0, 2))
      expect(await other().listPlaces(connector, 'bound', { after: '', to: null, top: 9 })).toEqual(all.slice(0, 3))
    })

    test('of one id in several mailboxes come and go one by one, also when many write at once', async () => {
      const connector = newId()
      const guids = ['m', 'm1', 'm_', 'm_1', ...hostileIds]
      await Promise.all(
        guids.map((guid, index) =>
          (index % 2 ? store() : other()).writePlaces(connector, [place('user', 'u', guid, guid)], []),
        ),
      )
      const found = async () =>
        (await store().places(connector, 'user', ['u'])).map(({ mailboxGuid, data }) => [mailboxGuid, data])
      expect(new Set(await found())).toEqual(new Set(guids.map((guid) => [guid, guid])))
      const [first = '', ...rest] = guids
      await Promise.all([
        ...rest.map((guid, index) =>
          (index % 2 ? store() : other()).writePlaces(connector, [], [place('user', 'u', guid)]),
        ),
        other().writePlaces(connector, [place('user', 'u', 'new')], []),
      ])
      expect(await found()).toEqual([
        [first, first],
        ['new', ''],
      ])
      await store().writePlaces(connector, [], [place('user', 'u', first), place('user', 'u', 'new')])
      expect(await found()).toEqual([])
    })

    test('with long texts are replaced whole', async () => {
      const connector = newId()
      for (const data of ['x'.repeat(70_000), 'short', '']) {
        await store().writePlaces(connector, [place('device', 'd', 'm1', data)], [])
        expect(await other().places(connector, 'device', ['d'])).toEqual([place('device', 'd', 'm1', data)])
      }
    })

    test('are replaced by key and deleted, also where they are gone already', async () => {
      const connector = newId()
      await store().writePlaces(connector, [place('user', 'u1'), place('user', 'u2')], [])
      await store().writePlaces(connector, [place('user', 'u1', 'm1', 'new')], [place('user', 'u2')])
      await store().writePlaces(connector, [], [place('user', 'u2')])
      expect(await other().places(connector, 'user', ['u1', 'u2'])).toEqual([place('user', 'u1', 'm1', 'new')])
    })

    test('are listed in the order of their ids, from one id to another, as many as asked for', async () => {
      const connector = newId()
      const times = [1, 2, 3, 10].map((minute) => new Date(minute * 60_000).toISOString())
      const [first = '', second = '', third = ''] = times
      await store().writePlaces(
        connector,
        times.toReversed().map((id) => place('due', id)),
        [],
      )
      const list = async (after: string, to: string | null, top = 10) =>
        (await other().listPlaces(connector, 'due', { after, to, top })).map(({ id }) => id)
      expect(await list('', null)).toEqual(times)
      expect(await list('', third)).toEqual([first, second, third])
      expect(await list(first, third)).toEqual([second, third])
      expect(await list('', null, 2)).toEqual([first, second])
      expect(await list(times.at(-1) ?? '', null)).toEqual([])
    })

    test('one that comes twice in one write is refused', async () => {
      const twice = [place('user', 'u1'), place('user', 'u1', 'm1', 'other')]
      await expect(store().writePlaces(newId(), twice, [])).rejects.toMatchObject({ code: 'internal' })
    })

    test('many are written and found', async () => {
      const connector = newId()
      const many = Array.from({ length: 700 }, (_, index) => place('device', `d${index}`, `m${index}`))
      await store().writePlaces(connector, many, [])
      const ids = many.map(({ id }) => id)
      expect((await other().places(connector, 'device', ids)).map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    })
  })
}
