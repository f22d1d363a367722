/** Index rows: which mailboxes an id belongs to (table index), and which are due, pinned or to be looked at in turn (table places, small). */
import pLimit from 'p-limit'
import type { Place, PlaceKind, Store } from '../portsStore.ts'
import { afterPrefix, joinKey, partitionDigits, splitKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { idIndex } from './idIndex.ts'
import { olderPlaces } from './olderPlaces.ts'
import { schemaVersion, type ReadRow } from './row.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

/** Reads under way at once. */
const maxReads = 16

export function places(
  lists: Table,
  index: Table,
): Pick<Store, 'places' | 'listPlaces' | 'writePlaces' | 'clearOlderPlaces'> {
  const byId = idIndex(index)
  const older = olderPlaces(lists)
  return {
    async places(connectorId, kind, ids) {
      if (kind === 'record') return older.orFind(connectorId, ids, await byId.find(connectorId, kind, ids))
      if (!isListed({ kind })) return byId.find(connectorId, kind, ids)
      const found = await pLimit(maxReads).map([...new Set(ids)], (id) => {
        const prefix = joinKey(id, '')
        return readRange(lists, listKey(connectorId, kind), { from: prefix, to: afterPrefix(prefix) })
      })
      return found.flat()
    },
    async listPlaces(connectorId, kind, { after, to, top }) {
      const range = {
        ...(after !== '' && { after: afterPrefix(joinKey(after, '')) }),
        ...(to !== null && { to: afterPrefix(joinKey(to, '')) }),
        top,
      }
      return (await readRange(lists, listKey(connectorId, kind), range)).slice(0, top)
    },
    async writePlaces(connectorId, upserts, deletes) {
      const others = (given: readonly Place[]) => given.filter((place) => !isListed(place))
      await Promise.all([
        writeLists(lists, connectorId, upserts.filter(isListed), deletes.filter(isListed)),
        byId.write(connectorId, others(upserts), others(deletes)),
      ])
    },
    clearOlderPlaces: older.clear,
  }
}

/** Kinds that are read from end to end: few rows each, and a partition of its own. */
const listed: ReadonlySet<PlaceKind> = new Set(['due', 'loose', 'pin', 'activation', 'bound'])

function isListed({ kind }: Pick<Place, 'kind'>): boolean {
  return listed.has(kind)
}

async function readRange(table: Table, partitionKey: string, range: Parameters<Table['scan']>[1]): Promise<Place[]> {
  const found: Place[] = []
  for await (const rows of table.scan(partitionKey, range)) found.push(...rows.map(fromRow))
  return found
}

async function writeLists(
  table: Table,
  connectorId: string,
  upserts: readonly Place[],
  deletes: readonly Place[],
): Promise<void> {
  const byKind = new Map<PlaceKind, { upserts: Action[]; deletes: Action[] }>()
  const of = (kind: PlaceKind) => {
    const actions = byKind.get(kind) ?? { upserts: [], deletes: [] }
    byKind.set(kind, actions)
    return actions
  }
  for (const place of upserts)
    of(place.kind).upserts.push(['upsert', toRow(listKey(connectorId, place.kind), place), 'Replace'])
  for (const place of deletes) {
    const row = { partitionKey: listKey(connectorId, place.kind), rowKey: rowKeyOf(place) }
    of(place.kind).deletes.push(['delete', row])
  }
  await Promise.all([...byKind.values()].map((actions) => submitPhases(table, actions.upserts, actions.deletes)))
}

/** The digits are from when all kinds were in this table. */
function listKey(connectorId: string, kind: PlaceKind): string {
  return joinKey(connectorId, kind, partitionDigits(0))
}

function rowKeyOf({ id, mailboxGuid }: Place): string {
  return joinKey(id, mailboxGuid)
}

function toRow(partitionKey: string, place: Place) {
  return { partitionKey, rowKey: rowKeyOf(place), v: schemaVersion, ...textProperties('data', place.data) }
}

function fromRow(row: ReadRow): Place {
  const [, kind = ''] = splitKey(row.partitionKey)
  const [id = '', mailboxGuid = ''] = splitKey(row.rowKey)
  return { kind: kind as PlaceKind, id, mailboxGuid, data: readText(row, 'data') ?? '' }
}
