/** The part of the store's contract about plans and the audit. */
import { describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../functions/core/audit.ts'
import type { Outcome, PlannedChange } from '../../functions/core/plan.ts'
import type { Store } from '../../functions/portsStore.ts'
import { verifyAuditChain } from '../../functions/store/verifyAudit.ts'
import { hostileIds, type StoreTest } from './storeTest.ts'

export function planContract({ store, other, newId }: StoreTest): void {
  const keys = async (id: string, prefix: string, after: string | null, top = 100) =>
    (await other().changes(id, 'r1', prefix, after, top)).map((change) => change.key)
  const subjects = async (id: string, from: number, top: number) =>
    (await other().audit(id, from, top)).map((row) => row.subject)

  describe('changes', () => {
    test('are read in key order, by prefix, after a key, and no more than asked for', async () => {
      const id = newId()
      const written = ['4|0001|b', '1|0010|a', '1|!0002', '1|0002|z', '2|!0000', '1|!0010', '10']
      await store().putChanges(
        id,
        'r1',
        written.map((key) => put(key)),
      )
      await store().putChanges(id, 'r2', [put('1|other run')])
      const ordered = ['1|!0002', '1|!0010', '1|0002|z', '1|0010|a']
      expect(await keys(id, '1|', null)).toEqual(ordered)
      expect(await keys(id, '', null)).toEqual([...ordered.toSorted(), '10', '2|!0000', '4|0001|b'].toSorted())
      expect(await keys(id, '1|', '1|!0010')).toEqual(['1|0002|z', '1|0010|a'])
      expect(await keys(id, '1|', '1|0002')).toEqual(['1|0002|z', '1|0010|a'])
      expect(await keys(id, '1|', null, 3)).toEqual(ordered.slice(0, 3))
      expect(await keys(id, '1|', null, 0)).toEqual([])
      expect(await keys(id, '1|', '4')).toEqual([])
      expect(await keys(id, '4|', '1|')).toEqual(['4|0001|b'])
      expect(await keys(id, '3|', null)).toEqual([])
    })

    test('keep an outcome that is recorded when they are put again, and take the new change', async () => {
      const id = newId()
      await store().putChanges(id, 'r1', [put('a', 40_000), put('b')])
      await store().saveOutcomes(id, 'r1', new Map([['a', done('x'.repeat(40_000))]]))
      await other().putChanges(id, 'r1', [put('a'), put('b')])
      const found = () => store().changes(id, 'r1', '', null, 10)
      const b = { ...put('b'), outcome: null }
      expect(await found()).toEqual([{ ...put('a'), outcome: done('x'.repeat(40_000)) }, b])
      await store().saveOutcomes(id, 'r1', new Map([['a', done('short')]]))
      expect(await found()).toEqual([{ ...put('a'), outcome: done('short') }, b])
    })

    test('with hostile keys come back as they were, and prefixes find them', async () => {
      const id = newId()
      await store().putChanges(
        id,
        'r1',
        hostileIds.map((key) => put(key)),
      )
      await store().saveOutcomes(id, 'r1', new Map(hostileIds.map((key) => [key, done(key)])))
      for (const key of hostileIds) {
        expect(await other().changes(id, 'r1', key, null, 10)).toEqual([{ ...put(key), outcome: done(key) }])
      }
      expect(await keys(id, '/\\', null)).toEqual([hostileIds[0]])
    })

    test('an outcome of a change that is not there is refused', async () => {
      const id = newId()
      await store().putChanges(id, 'r1', [put('a')])
      const outcomes = new Map([
        ['a', done('')],
        ['b', done('')],
      ])
      await expect(store().saveOutcomes(id, 'r1', outcomes)).rejects.toMatchObject({ code: 'notFound' })
      expect(await store().changes(id, 'r1', '', null, 10)).toEqual([{ ...put('a'), outcome: null }])
    })

    test('more than one transaction and one page takes', async () => {
      const id = newId()
      const written = Array.from({ length: 1_100 }, (_, index) => put(`1|${String(index).padStart(5, '0')}`))
      await store().putChanges(id, 'r1', written)
      expect(await other().changes(id, 'r1', '1|', null, 5_000)).toEqual(
        written.map((one) => ({ ...one, outcome: null })),
      )
    })
  })

  describe('the audit', () => {
    test('is a chain without gaps from 1 on, read from any number', async () => {
      const id = newId()
      expect(await store().audit(id, 1, 10)).toEqual([])
      await store().appendAudit(id, [])
      await store().appendAudit(id, [entry('a'), entry('b')])
      await other().appendAudit(id, [{ ...entry('c', { undefinedIsLeftOut: undefined }), after: undefined }])
      const rows = await store().audit(id, 1, 10)
      expect(rows.map(({ seq, subject }) => [seq, subject])).toEqual([
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ])
      expect(rows[2]).toMatchObject(entry('c', {}, null))
      expect(verifyAuditChain(rows)).toBeNull()
      expect(await subjects(id, 2, 1)).toEqual(['b'])
      expect(await subjects(id, 0, 2)).toEqual(['a', 'b'])
      expect(await subjects(id, 4, 10)).toEqual([])
      expect(await subjects(id, 1, 0)).toEqual([])
      expect(await store().audit(newId(), 1, 10)).toEqual([])
    })

    test('has a head, which is its last row', async () => {
      const id = newId()
      expect(await store().auditHead(id)).toBeNull()
      await store().appendAudit(id, [entry('a')])
      await other().appendAudit(id, [entry('b'), entry('c')])
      const [last] = await store().audit(id, 3, 1)
      expect(await store().auditHead(id)).toEqual({ seq: 3, hash: last?.hash })
    })

    test('takes more entries than one transaction, in order', async () => {
      const id = newId()
      const names = Array.from({ length: 250 }, (_, index) => `s${index}`)
      await store().appendAudit(
        id,
        names.map((name) => entry(name)),
      )
      expect(await subjects(id, 1, 1_000)).toEqual(names)
      expect(verifyAuditChain(await store().audit(id, 1, 1_000))).toBeNull()
    })

    test('stays a chain when five append at once', async () => {
      const id = newId()
      const append = async (client: Store, name: string) => {
        for (let index = 0; index < 40; index += 4) {
          await client.appendAudit(
            id,
            [0, 1, 2, 3].map((more) => entry(`${name}${index + more}`)),
          )
        }
      }
      await Promise.all(
        [store(), other(), store(), other(), store()].map((client, index) => append(client, `${index}:`)),
      )
      const rows = await store().audit(id, 1, 1_000)
      expect(rows).toHaveLength(200)
      expect(verifyAuditChain(rows)).toBeNull()
      for (const name of ['0:', '1:', '2:', '3:', '4:']) {
        const own = rows.filter((row) => row.subject.startsWith(name)).map((row) => row.subject)
        expect(own).toEqual(Array.from({ length: 40 }, (_, index) => `${name}${index}`))
      }
    })

    test('of hostile connectors does not meet, and keeps hostile texts', async () => {
      for (const hostile of hostileIds) {
        const id = newId() + hostile
        await store().appendAudit(id, [entry(hostile, { [hostile]: hostile }, 'x'.repeat(40_000))])
        const rows = await other().audit(id, 1, 10)
        expect(rows.map((row) => row.before)).toEqual([{ [hostile]: hostile }])
        expect(verifyAuditChain(rows)).toBeNull()
      }
    })
  })
}

function put(key: string, padding = 0): { key: string; change: PlannedChange } {
  const queryString = key + 'q'.repeat(padding)
  return {
    key,
    change: {
      kind: 'newRule',
      phase: 2,
      rule: { guid: null, queryString, characteristic: 'DeviceType', level: 'allow' },
    },
  }
}

function done(message: string): Outcome {
  return { state: 'done', at: '2026-11-21T08:00:00.000Z', message }
}

function entry(subject: string, before: unknown = null, after: unknown = { level: 'block' }): AuditEntry {
  const at = '2026-11-21T08:00:00.000Z'
  return { at, actor: 'run r1', action: 'commandSent', runId: 'r1', subject, before, after, outcome: 'sent' }
}
