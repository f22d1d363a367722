/** Which mailboxes an id of Graph or Exchange belongs to: one row for each id, a property for each mailbox, so that one read by key finds them. Table index. */
import pLimit from 'p-limit'
import { partitionOf } from '../core/partition.ts'
import { AppError } from '../errors.ts'
import type { Place, PlaceKind } from '../portsStore.ts'
import { joinKey, partitionDigits } from './keys.ts'
import { mergedTextProperties, readText } from './longText.ts'
import { schemaVersion, type ReadRow, type Row } from './row.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

/** Few partitions, so that a partition of mailboxes writes full transactions. Changing this moves every row: it belongs to the index version. */
const buckets = 16
/** Requests under way at once. */
const maxAtOnce = 16
/** Tries that may lose against other writers in a row. */
const maxLosses = 20

interface IdIndex {
  find(connectorId: string, kind: PlaceKind, ids: readonly string[]): Promise<Place[]>
  /** Upserts before deletes. Throws AppError internal for a place that comes twice. */
  write(connectorId: string, upserts: readonly Place[], deletes: readonly Place[]): Promise<void>
}

export function idIndex(table: Table): IdIndex {
  const bucketKey = (connectorId: string, { kind, id }: Pick<Place, 'kind' | 'id'>) =>
    joinKey(connectorId, kind, partitionDigits(partitionOf(id) % buckets))
  return {
    async find(connectorId, kind, ids) {
      const found = await pLimit(maxAtOnce).map([...new Set(ids)], async (id) => {
        const row = await table.read(bucketKey(connectorId, { kind, id }), joinKey(id))
        return row ? placesIn(row, kind, id) : []
      })
      return found.flat()
    },
    async write(connectorId, upserts, deletes) {
      checkDistinct([...upserts, ...deletes])
      const rows = new Map<string, Map<string, Row>>()
      for (const place of upserts) {
        const [partitionKey, rowKey] = [bucketKey(connectorId, place), joinKey(place.id)]
        const own = rows.get(partitionKey) ?? new Map<string, Row>()
        rows.set(partitionKey, own)
        const row = own.get(rowKey) ?? { partitionKey, rowKey, v: schemaVersion }
        own.set(rowKey, { ...row, ...mergedTextProperties(propertyOf(place.mailboxGuid), place.data) })
      }
      const merges = [...rows.values()].map((own) => [...own.values()].map((row): Action => ['upsert', row, 'Merge']))
      await Promise.all(merges.map((actions) => submitPhases(table, actions)))
      await pLimit(maxAtOnce).map(byId(deletes), ({ first, guids }) =>
        remove(table, bucketKey(connectorId, first), first.id, guids),
      )
    },
  }
}

function byId(places: readonly Place[]): { readonly first: Place; readonly guids: string[] }[] {
  const found = new Map<string, { readonly first: Place; readonly guids: string[] }>()
  for (const place of places) {
    const key = joinKey(place.kind, place.id)
    const own = found.get(key) ?? { first: place, guids: [] }
    own.guids.push(place.mailboxGuid)
    found.set(key, own)
  }
  return [...found.values()]
}

/** What another writer adds for another mailbox meanwhile stays. */
async function remove(table: Table, bucket: string, id: string, mailboxGuids: readonly string[]): Promise<void> {
  for (let losses = 0; ; losses += 1) {
    const row = await table.read(bucket, joinKey(id))
    if (!row) return
    const names = namesIn(row)
    const left = names.filter((name) => !mailboxGuids.includes(mailboxOf(name)))
    if (left.length === names.length) return
    try {
      if (left.length === 0) await table.remove(bucket, row.rowKey, row.etag)
      else await table.replace(rowOf(row, left), row.etag)
      return
    } catch (thrown) {
      const isLost = thrown instanceof AppError && ['changedMeanwhile', 'notFound'].includes(thrown.code)
      if (!isLost || losses === maxLosses) throw thrown
    }
  }
}

function rowOf(row: ReadRow, names: readonly string[]): Row {
  const { partitionKey, rowKey } = row
  const texts = names.map((name) => mergedTextProperties(name, readText(row, name) ?? ''))
  return Object.assign({ partitionKey, rowKey, v: schemaVersion }, ...texts) as Row
}

function placesIn(row: ReadRow, kind: PlaceKind, id: string): Place[] {
  const found = namesIn(row).map((name) => ({
    kind,
    id,
    mailboxGuid: mailboxOf(name),
    data: readText(row, name) ?? '',
  }))
  return found.toSorted((a, b) => (a.mailboxGuid < b.mailboxGuid ? -1 : 1))
}

/** A property's name is of letters, digits and `_`: every other unit is `_hhhh`. It ends with `_`, its further parts with digits (longText.ts). */
function propertyOf(mailboxGuid: string): string {
  const plain = mailboxGuid.replace(
    /[^0-9A-Za-z]/g,
    (unit) => `_${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  )
  return `m${plain}_`
}

function namesIn(row: ReadRow): string[] {
  return Object.keys(row).filter((name) => name.startsWith('m') && name.endsWith('_'))
}

function mailboxOf(name: string): string {
  return name.slice(1, -1).replace(/_([0-9A-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function checkDistinct(places: readonly Place[]): void {
  const keys = new Set(places.map(({ kind, id, mailboxGuid }) => joinKey(kind, id, mailboxGuid)))
  if (keys.size < places.length) throw new AppError('internal', 'a place comes twice in one write')
}
