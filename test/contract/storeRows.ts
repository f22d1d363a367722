/** The part of the store's contract about staged lines and records. */
import { describe, expect, test } from 'vitest'
import type { RowKind, StageKey, StoredRow } from '../../functions/portsStore.ts'
import { hostileIds, type StoreTest } from './storeTest.ts'

export function rowsContract({ store, other, newId }: StoreTest): void {
  const newStage = (): StageKey => ({ connectorId: newId(), runId: 'r1', kind: 'records', attempt: '1' })
  const all = async (key: StageKey) => {
    const found: string[] = []
    for await (const lines of store().allStaged(key)) found.push(...lines)
    return found.toSorted()
  }

  describe('staged lines', () => {
    test('come back by partition, in order of pages, then of lines', async () => {
      const key = newStage()
      await store().stage(key, 2, new Map([[7, ['e']]]))
      await store().stage(
        key,
        0,
        new Map([
          [7, ['a', 'b']],
          [70, ['x']],
          [0, ['first']],
        ]),
      )
      await store().stage(key, 10, new Map([[7, ['f', '', '"g"']]]))
      await store().stage(
        key,
        1,
        new Map([
          [7, ['c', 'd']],
          [9_999, ['last']],
        ]),
      )
      expect(await other().staged(key, 7)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', '', '"g"'])
      expect(await other().staged(key, 70)).toEqual(['x'])
      expect(await other().staged(key, 8)).toEqual([])
      expect(await all(key)).toEqual(['', '"g"', 'a', 'b', 'c', 'd', 'e', 'f', 'first', 'last', 'x'])
    })

    test('of an attempt are not seen by another attempt, kind, run or connector', async () => {
      const key = newStage()
      await store().stage(key, 0, new Map([[1, ['mine']]]))
      const strangers: StageKey[] = [
        { ...key, attempt: '2' },
        { ...key, attempt: '1|' },
        { ...key, kind: 'users' },
        { ...key, runId: 'r1|records' },
        { ...key, connectorId: newId() },
      ]
      for (const stranger of strangers) {
        expect(await store().staged(stranger, 1)).toEqual([])
        await store().stage(stranger, 0, new Map([[1, ['theirs']]]))
      }
      expect(await store().staged(key, 1)).toEqual(['mine'])
    })

    test('a page that is written again leaves nothing of the earlier writing', async () => {
      const key = newStage()
      const long = 'z'.repeat(150_000)
      await store().stage(
        key,
        0,
        new Map([
          [1, [long, long, long]],
          [2, ['gone']],
        ]),
      )
      await store().stage(key, 1, new Map([[1, ['next page']]]))
      await other().stage(
        key,
        0,
        new Map([
          [1, ['new']],
          [3, ['other']],
        ]),
      )
      expect(await all(key)).toEqual(['new', 'next page', 'other'])
      await store().stage(key, 0, new Map())
      expect(await all(key)).toEqual(['next page'])
    })

    test('a page of more partitions and more text than one transaction takes comes back whole', async () => {
      const key = newStage()
      const page = new Map(Array.from({ length: 130 }, (_, index) => [index * 3, [`${index}${'ä'.repeat(20_000)}`]]))
      await store().stage(key, 0, page)
      await store().stage(key, 0, page)
      for (const partition of [0, 150, 387]) expect(await store().staged(key, partition)).toEqual(page.get(partition))
    })

    test('mailboxes with 1,200 ids of 40 characters on both lists come back as they were', async () => {
      const key = newStage()
      const lines = ['A', 'B', 'C', 'D', 'E'].map((guid) =>
        JSON.stringify({ guid, allowed: deviceIds(guid), blocked: deviceIds('G') }),
      )
      await store().stage({ ...key, kind: 'mailboxes' }, 0, new Map([[5, lines]]))
      expect(await store().staged({ ...key, kind: 'mailboxes' }, 5)).toEqual(lines)
    })

    test('clearing a run takes every kind and attempt of it, nothing else, and may be repeated', async () => {
      const key = newStage()
      const kinds: StageKey[] = [key, { ...key, attempt: hostileIds[0] }, { ...key, kind: 'devices' }]
      const kept: StageKey = { ...key, runId: 'r10' }
      for (const each of [...kinds, kept])
        await store().stage(
          each,
          0,
          new Map([
            [1, ['x']],
            [2, ['y']],
          ]),
        )
      await Promise.all([store().clearStaged(key.connectorId, 'r1'), other().clearStaged(key.connectorId, 'r1')])
      await other().clearStaged(key.connectorId, 'r1')
      for (const each of kinds) expect(await all(each)).toEqual([])
      expect(await all(kept)).toEqual(['x', 'y'])
      await store().stage(key, 0, new Map([[1, ['again']]]))
      expect(await all(key)).toEqual(['again'])
      await store().clearStaged(key.connectorId, 'r1')
      expect(await all(key)).toEqual([])
    })

    test('a line with a newline in it is refused', async () => {
      await expect(store().stage(newStage(), 0, new Map([[1, ['a\nb']]]))).rejects.toMatchObject({ code: 'internal' })
    })
  })

  describe('records', () => {
    test('sort by mailbox, then the name of their kind, then id', async () => {
      const id = newId()
      const kinds: RowKind[] = [
        'user',
        'record',
        'pin',
        'mark',
        'mailbox',
        'lastSync',
        'entry',
        'device',
        'assignment',
        'activation',
      ]
      const written = ['m2', 'm1'].flatMap((mailbox) =>
        kinds.flatMap((kind) => [row(mailbox, kind, '2'), row(mailbox, kind, '1')]),
      )
      await store().writeRows(id, 3, written, [])
      const expected = ['m1', 'm2'].flatMap((mailbox) =>
        kinds.toReversed().flatMap((kind) => [row(mailbox, kind, '1'), row(mailbox, kind, '2')]),
      )
      expect(await other().rows(id, 3)).toEqual(expected)
      expect(await other().rows(id, 4)).toEqual([])
      expect(await other().rows(newId(), 3)).toEqual([])
    })

    test('are replaced whole and deleted by key; a delete of what is gone does nothing', async () => {
      const id = newId()
      const long = row('m1', 'record', 'a', `"${'x'.repeat(90_000)}"`)
      await store().writeRows(id, 0, [long, row('m1', 'record', 'b'), row('m1', 'record', 'c')], [])
      expect(await store().rows(id, 0)).toEqual([long, row('m1', 'record', 'b'), row('m1', 'record', 'c')])
      const short = { ...row('m1', 'record', 'a', '{}'), decision: null }
      const gone = [row('m1', 'record', 'b'), row('m1', 'record', 'never was')]
      await store().writeRows(id, 0, [short], gone)
      await other().writeRows(id, 0, [short], gone)
      expect(await other().rows(id, 0)).toEqual([short, row('m1', 'record', 'c')])
    })

    test('of which only the decision is another are written, too', async () => {
      const id = newId()
      const decided = { ...row('m', 'record', 'a'), decision: '{"access":"allow"}' }
      await store().writeRows(id, 0, [row('m', 'record', 'a')], [])
      await store().rows(id, 0)
      for (const one of [decided, { ...decided, decision: '{"access":"block"}' }]) {
        await store().writeRows(id, 0, [one], [])
        expect(await other().rows(id, 0)).toEqual([one])
      }
    })

    test('with hostile ids come back as they were', async () => {
      const id = newId()
      const written = hostileIds.map((hostile) => row(hostile, 'record', hostile, JSON.stringify(hostile)))
      await store().writeRows(id, 0, written, [])
      const found = await other().rows(id, 0)
      expect(new Set(found)).toEqual(new Set(written))
      await store().writeRows(id, 0, [], written)
      expect(await other().rows(id, 0)).toEqual([])
    })

    test('more than one transaction and more than one page takes', async () => {
      const id = newId()
      const written = Array.from({ length: 1_250 }, (_, index) => row('m', 'record', String(index).padStart(4, '0')))
      await store().writeRows(id, 0, written, [])
      expect(await other().rows(id, 0)).toEqual(written)
      await store().writeRows(id, 0, [], written.slice(0, 1_240))
      expect(await other().rows(id, 0)).toEqual(written.slice(1_240))
    })

    test('of one mailbox that several write at once are all there', async () => {
      const id = newId()
      const written = Array.from({ length: 12 }, (_, index) => row('m', 'entry', String(index).padStart(2, '0')))
      await Promise.all(written.map((one, index) => (index % 2 ? store() : other()).writeRows(id, 0, [one], [])))
      expect(await other().rows(id, 0)).toEqual(written)
      await Promise.all(written.map((one, index) => (index % 2 ? store() : other()).writeRows(id, 0, [], [one])))
      expect(await other().rows(id, 0)).toEqual([])
      expect(await other().rowsOf(id, 0, ['m'])).toEqual([])
    })

    test('are written upon what stands there now, whatever was read before', async () => {
      const id = newId()
      const [first, second] = [row('m', 'pin', '1'), row('m', 'pin', '2')]
      await store().writeRows(id, 0, [first], [])
      for (const read of [() => store().rows(id, 0), () => store().rowsOf(id, 0, ['m'])]) {
        await read()
        await other().writeRows(id, 0, [second], [first])
        await store().writeRows(id, 0, [first], [])
        expect(await other().rows(id, 0)).toEqual([first, second])
        await read()
        await other().writeRows(id, 0, [row('n', 'pin', '1')], [first])
        await store().writeRows(id, 0, [row('n', 'pin', '2')], [second])
        expect(await other().rows(id, 0)).toEqual([row('n', 'pin', '1'), row('n', 'pin', '2')])
        await other().writeRows(id, 0, [first], [row('n', 'pin', '1'), row('n', 'pin', '2')])
      }
    })

    test('of a mailbox that has more than 1 MiB of them come back whole, and so do those of its neighbours', async () => {
      const id = newId()
      const text = JSON.stringify('ä😀'.repeat(20_000))
      const written = ['m1', 'm2', 'm3'].flatMap((guid) =>
        Array.from({ length: guid === 'm2' ? 40 : 1 }, (_, index) =>
          row(guid, 'record', String(index).padStart(2, '0'), text),
        ),
      )
      await store().writeRows(id, 0, written, [])
      expect(await other().rows(id, 0)).toEqual(written)
      expect(await other().rowsOf(id, 0, ['m2', 'm3'])).toEqual(written.slice(1))
      await other().writeRows(id, 0, [], written.slice(3, 41))
      expect(await store().rows(id, 0)).toEqual([...written.slice(0, 3), ...written.slice(41)])
    })

    test('of hundreds of mailboxes are written and found, many and few at a time', async () => {
      const id = newId()
      const guids = Array.from({ length: 450 }, (_, index) => `m${String(index).padStart(3, '0')}`)
      const written = guids.map((guid) => row(guid, 'user', 'u'))
      await store().writeRows(id, 0, written, [])
      expect(await other().rows(id, 0)).toEqual(written)
      for (const few of [guids, guids.slice(0, 7)])
        expect(await other().rowsOf(id, 0, few)).toEqual(written.slice(0, few.length))
    })

    test('a text with a newline in it is refused', async () => {
      const broken = row('m', 'record', 'a', '{\n}')
      await expect(store().writeRows(newId(), 0, [broken], [])).rejects.toMatchObject({ code: 'internal' })
    })

    test('a row twice in one write is refused, and nothing is written', async () => {
      const id = newId()
      const twice = [row('m', 'record', 'a'), row('m', 'record', 'a', '{"b":1}')]
      await expect(store().writeRows(id, 0, twice, [])).rejects.toMatchObject({ code: 'internal' })
      await expect(store().writeRows(id, 0, twice.slice(1), twice.slice(1))).rejects.toMatchObject({ code: 'internal' })
      expect(await store().rows(id, 0)).toEqual([])
    })

    test.each([-1, 10_000, 1.5])('partition %s is refused', async (partition) => {
      await expect(store().rows(newId(), partition)).rejects.toMatchObject({ code: 'internal' })
      await expect(store().writeRows(newId(), partition, [], [])).rejects.toMatchObject({ code: 'internal' })
    })
  })
}

function deviceIds(mark: string): string[] {
  return Array.from({ length: 1_200 }, (_, index) => `${mark}${index}`.padEnd(40, 'F'))
}

function row(mailboxGuid: string, kind: RowKind, id: string, data = '{"a":1}'): StoredRow {
  return { mailboxGuid, kind, id, data, decision: kind === 'record' ? '{"access":"allow"}' : null }
}
