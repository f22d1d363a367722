/** Index rows: which mailboxes an id belongs to, and which are due. Few partitions, so that a partition of mailboxes writes full transactions. Table places. */
import pLimit from 'p-limit'
import { partitionOf } from '../core/partition.ts'
import type { Place, PlaceKind, Store } from '../portsStore.ts'
import { afterPrefix, joinKey, partitionDigits, splitKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type ReadRow } from './row.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

/** Changing this moves every row: it belongs to the schema version. */
const buckets = 16
/** Reads under way at once. */
const maxReads = 16

export function places(table: Table): Pick<Store, 'places' | 'listPlaces' | 'writePlaces'> {
  return {
    async places(connectorId, kind, ids) {
      const limit = pLimit(maxReads)
      const found = await limit.map([...new Set(ids)], async (id) => {
        const prefix = joinKey(id, '')
        return readRange(table, bucketKey(connectorId, kind, id), { from: prefix, to: afterPrefix(prefix) })
      })
      return found.flat()
    },
    async listPlaces(connectorId, kind, { after, to, top }) {
      const range = {
        ...(after !== '' && { after: afterPrefix(joinKey(after, '')) }),
        ...(to !== null && { to: afterPrefix(joinKey(to, '')) }),
      }
      const found = await readRange(table, bucketKey(connectorId, kind, ''), { ...range, top })
      return found.slice(0, top)
    },
    async writePlaces(connectorId, upserts, deletes) {
      const byBucket = new Map<string, { upserts: Action[]; deletes: Action[] }>()
      const of = ({ kind, id }: Place) => {
        const key = bucketKey(connectorId, kind, id)
        const actions = byBucket.get(key) ?? { upserts: [], deletes: [] }
        byBucket.set(key, actions)
        return { key, actions }
      }
      for (const place of upserts) {
        const { key, actions } = of(place)
        actions.upserts.push(['upsert', toRow(key, place), 'Replace'])
      }
      for (const place of deletes) {
        const { key, actions } = of(place)
        actions.deletes.push(['delete', { partitionKey: key, rowKey: rowKeyOf(place) }])
      }
      await Promise.all([...byBucket.values()].map((actions) => submitPhases(table, actions.upserts, actions.deletes)))
    },
  }
}

/** Kinds that are read from end to end have one partition. */
function bucketKey(connectorId: string, kind: PlaceKind, id: string): string {
  const isSpread = kind === 'user' || kind === 'device' || kind === 'record'
  const bucket = isSpread ? partitionOf(id) % buckets : 0
  return joinKey(connectorId, kind, partitionDigits(bucket))
}

function rowKeyOf({ id, mailboxGuid }: Place): string {
  return joinKey(id, mailboxGuid)
}

async function readRange(table: Table, partitionKey: string, range: Parameters<Table['scan']>[1]): Promise<Place[]> {
  const found: Place[] = []
  for await (const rows of table.scan(partitionKey, range)) found.push(...rows.map(fromRow))
  return found
}

function toRow(partitionKey: string, place: Place) {
  return { partitionKey, rowKey: rowKeyOf(place), v: schemaVersion, ...textProperties('data', place.data) }
}

function fromRow(row: ReadRow): Place {
  const [, kind = ''] = splitKey(row.partitionKey)
  const [id = '', mailboxGuid = ''] = splitKey(row.rowKey)
  return { kind: kind as PlaceKind, id, mailboxGuid, data: readText(row, 'data') ?? '' }
}
