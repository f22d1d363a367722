/** Places of users, devices and EAS records as version 1 kept them: a row for each in table places, read until the first sync has written the index. */
import pLimit from 'p-limit'
import { partitionOf } from '../core/partition.ts'
import type { Place, Store } from '../portsStore.ts'
import { afterPrefix, joinKey, partitionDigits, splitKey } from './keys.ts'
import { readText } from './longText.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

/** Of version 1: never changes. */
const buckets = 16
const kinds = ['user', 'device', 'record'] as const
/** Reads under way at once. */
const maxReads = 16

interface OlderPlaces {
  /** `found` and, for ids of EAS records that are not in it, what version 1 knew: people look for records before the first sync. */
  orFind(connectorId: string, ids: readonly string[], found: readonly Place[]): Promise<Place[]>
  clear: Store['clearOlderPlaces']
}

export function olderPlaces(table: Table): OlderPlaces {
  return {
    async orFind(connectorId, ids, found) {
      const known = new Set(found.map(({ id }) => id))
      const missing = [...new Set(ids)].filter((id) => !known.has(id))
      const older = await pLimit(maxReads).map(missing, (id) => findRecord(table, connectorId, id))
      return [...found, ...older.flat()]
    },
    async clear(connectorId, isOver) {
      for (const kind of kinds) {
        for (let bucket = 0; bucket < buckets; bucket += 1) {
          if (isOver()) return false
          if (!(await clearPartition(table, joinKey(connectorId, kind, partitionDigits(bucket)), isOver))) return false
        }
      }
      return true
    },
  }
}

async function findRecord(table: Table, connectorId: string, id: string): Promise<Place[]> {
  const partition = joinKey(connectorId, 'record', partitionDigits(partitionOf(id) % buckets))
  const prefix = joinKey(id, '')
  const found: Place[] = []
  for await (const rows of table.scan(partition, { from: prefix, to: afterPrefix(prefix) })) {
    for (const row of rows) {
      const [, mailboxGuid = ''] = splitKey(row.rowKey)
      found.push({ kind: 'record', id, mailboxGuid, data: readText(row, 'data') ?? '' })
    }
  }
  return found
}

async function clearPartition(table: Table, partitionKey: string, isOver: () => boolean): Promise<boolean> {
  for await (const rows of table.scan(partitionKey, { select: ['rowKey'] })) {
    const deletes = rows.map(({ rowKey }): Action => ['delete', { partitionKey, rowKey }])
    await submitPhases(table, deletes)
    if (isOver()) return false
  }
  return true
}
