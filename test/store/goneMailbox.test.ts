import { describe, expect, test } from 'vitest'
import type { StoredRow } from '../../functions/portsStore.ts'
import { behindProxy } from './behindProxy.ts'

const world = behindProxy()
const part = 1

const row = (kind: StoredRow['kind'], data = '{}', mailboxGuid = 'm'): StoredRow => ({
  mailboxGuid,
  kind,
  id: 'x',
  data,
  decision: null,
})
const small = [row('entry'), row('record')]
/** More than one table row. */
const large = [row('entry', `"${'e'.repeat(300_000)}"`), row('record', `"${'r'.repeat(300_000)}"`)]
const other = row('record', '{}', 'n')

async function rawKeys(): Promise<string[]> {
  const found: string[] = []
  const filter = `PartitionKey eq '${world.id}|0001'`
  for await (const each of world.rawTable('easgaterecords').listEntities({ queryOptions: { filter } }))
    found.push(each.rowKey ?? '')
  return found.toSorted()
}

async function writeOlder(): Promise<void> {
  const raw = world.rawTable('easgaterecords')
  await raw.createTable()
  for (const { mailboxGuid, kind, id, data } of small)
    await raw.createEntity({ partitionKey: `${world.id}|0001`, rowKey: `${mailboxGuid}|${kind}|${id}`, v: 1, data })
}

const stored: [string, () => Promise<void>][] = [
  ['in one row', () => world.open().writeRows(world.id, part, small, [])],
  ['in several rows', () => world.open().writeRows(world.id, part, large, [])],
  ['as version 1 wrote it', writeOlder],
]

describe('a mailbox that is gone', () => {
  test.each(stored)('leaves no row behind: %s', async (_, write) => {
    for (const isRead of [true, false]) {
      await write()
      const store = world.open()
      if (isRead) await store.rows(world.id, part)
      await store.writeRows(world.id, part, [], small)
      expect(await rawKeys()).toEqual([])
    }
  })

  test.each(stored)(
    'whose deleting was cut off anywhere never comes back in part, and the next full sync clears it: %s',
    async (_, write) => {
      for (let life = 0, isDone = false; !isDone; life += 1) {
        await write()
        await world.open().writeRows(world.id, part, [other], [])
        const store = world.open()
        await store.rows(world.id, part)
        let left = life
        world.proxy.choose = () => (left-- > 0 ? null : 'refused')
        isDone = await store.writeRows(world.id, part, [], small).then(
          () => true,
          () => false,
        )
        world.proxy.choose = () => null
        const rest = (await store.rows(world.id, part)).filter(({ mailboxGuid }) => mailboxGuid === 'm')
        expect([[], ['entry', 'record']]).toContainEqual(rest.map(({ kind }) => kind))
        // As the run repeats it: it deletes what it finds
        await store.writeRows(world.id, part, [row('mark', `"${life}"`, '')], rest)
        expect(await rawKeys()).toEqual(['n|', '|'])
        expect(life).toBeLessThan(20)
      }
    },
  )

  test('and that a person pins at this moment has the pin or nothing, never a row that says nothing', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const [sync, person] = [world.open(), world.open()]
      await sync.writeRows(world.id, part, small, [])
      await sync.rows(world.id, part)
      await Promise.all([
        sync.writeRows(world.id, part, [], small),
        person.writeRows(world.id, part, [row('pin', `"${turn}"`)], []),
      ])
      expect((await person.rows(world.id, part)).map(({ kind, data }) => [kind, data])).toEqual([['pin', `"${turn}"`]])
      await person.writeRows(world.id, part, [], [row('pin')])
      expect(await rawKeys()).toEqual([])
    }
  })
})
