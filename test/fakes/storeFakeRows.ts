/** Staged pages and records of the store in memory. */
import { AppError } from '../../functions/errors.ts'
import type { Place, RowKey, StageKey, Store, StoredRow } from '../../functions/portsStore.ts'
import { compare, keyOf } from './storeFakeKeys.ts'

export function staging(): Pick<Store, 'stage' | 'staged' | 'allStaged' | 'clearStaged'> {
  /** Pages by number, each with its lines by partition. */
  const stages = new Map<string, { key: StageKey; pages: Map<number, Map<number, string[]>> }>()
  const pagesOf = (key: StageKey) => {
    const pages = [...(stages.get(stageName(key))?.pages ?? [])]
    return pages.toSorted(([a], [b]) => a - b).map(([, lines]) => lines)
  }
  return {
    async stage(key, page, lines) {
      for (const [partition, ofPartition] of lines) checkLines(partition, ofPartition)
      const stage = stages.get(stageName(key)) ?? { key: { ...key }, pages: new Map() }
      stages.set(stageName(key), stage)
      stage.pages.set(page, new Map([...lines].map(([partition, ofPartition]) => [partition, [...ofPartition]])))
    },
    async staged(key, partition) {
      checkPartition(partition)
      return pagesOf(key).flatMap((lines) => lines.get(partition) ?? [])
    },
    async *allStaged(key) {
      for (const lines of pagesOf(key)) yield [...lines.values()].flat()
    },
    async clearStaged(connectorId, runId) {
      for (const [name, { key }] of stages) {
        if (key.connectorId === connectorId && key.runId === runId) stages.delete(name)
      }
    },
  }
}

export function records(): Pick<Store, 'rows' | 'rowsOf' | 'writeRows'> {
  const partitions = new Map<string, Map<string, StoredRow>>()
  return {
    async rows(connectorId, partition) {
      checkPartition(partition)
      const rows = [...(partitions.get(keyOf(connectorId, String(partition))) ?? [])]
      return rows.toSorted(([a], [b]) => compare(a, b)).map(([, row]) => ({ ...row }))
    },
    async rowsOf(connectorId, partition, mailboxGuids) {
      checkPartition(partition)
      const rows = [...(partitions.get(keyOf(connectorId, String(partition))) ?? [])]
      const own = rows.filter(([, row]) => mailboxGuids.includes(row.mailboxGuid))
      return own.toSorted(([a], [b]) => compare(a, b)).map(([, row]) => ({ ...row }))
    },
    async writeRows(connectorId, partition, upserts, deletes) {
      checkPartition(partition)
      const keys = [...upserts, ...deletes].map(rowKey)
      if (new Set(keys).size < keys.length) throw new AppError('internal', 'a row comes twice in one write')
      if (upserts.some(({ data, decision }) => `${data}${decision}`.includes('\n')))
        throw new AppError('internal', 'a text to be stored has a newline in it')
      const name = keyOf(connectorId, String(partition))
      const rows = partitions.get(name) ?? new Map<string, StoredRow>()
      partitions.set(name, rows)
      for (const row of upserts) rows.set(rowKey(row), { ...row })
      for (const row of deletes) rows.delete(rowKey(row))
    },
  }
}

export function places(): Pick<Store, 'places' | 'listPlaces' | 'writePlaces' | 'clearOlderPlaces'> {
  const rows = new Map<string, Place & { readonly connectorId: string }>()
  const keyOfPlace = (connectorId: string, { kind, id, mailboxGuid }: Place) =>
    keyOf(connectorId, kind, id, mailboxGuid)
  const sorted = (connectorId: string, kind: Place['kind']) =>
    [...rows.values()]
      .filter((row) => row.connectorId === connectorId && row.kind === kind)
      .toSorted((a, b) => compare(a.id, b.id) || compare(a.mailboxGuid, b.mailboxGuid))
      .map(({ connectorId: _connectorId, ...place }) => place)
  return {
    async places(connectorId, kind, ids) {
      return sorted(connectorId, kind).filter(({ id }) => ids.includes(id))
    },
    async listPlaces(connectorId, kind, { after, to, top }) {
      return sorted(connectorId, kind)
        .filter(({ id }) => id > after && (to === null || id <= to))
        .slice(0, top)
    },
    async writePlaces(connectorId, upserts, deletes) {
      const keys = [...upserts, ...deletes].map((place) => keyOfPlace(connectorId, place))
      if (new Set(keys).size < keys.length) throw new AppError('internal', 'a place comes twice in one write')
      for (const place of upserts) rows.set(keyOfPlace(connectorId, place), { ...place, connectorId })
      for (const place of deletes) rows.delete(keyOfPlace(connectorId, place))
    },
    clearOlderPlaces: async () => true,
  }
}

function stageName({ connectorId, runId, kind, attempt }: StageKey): string {
  return keyOf(connectorId, runId, kind, attempt)
}

function rowKey({ mailboxGuid, kind, id }: RowKey): string {
  return keyOf(mailboxGuid, kind, id)
}

function checkLines(partition: number, lines: readonly string[]): void {
  checkPartition(partition)
  if (lines.some((line) => line.includes('\n')))
    throw new AppError('internal', 'a line to be staged has a newline in it')
}

function checkPartition(partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < 10_000) return
  throw new AppError('internal', `${partition} is no partition`)
}
