/** Which mailboxes an id of Graph or Exchange belongs to: one row for each id, so that one read by key finds them. Table index. */
import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { partitionOf } from '../core/partition.ts'
import { AppError } from '../errors.ts'
import type { Place, PlaceKind } from '../portsStore.ts'
import { idKey, knownIn, mergedRow, moreKey, moreOf, toIdRows, type Known } from './idRow.ts'
import { afterPrefix, joinKey, partitionDigits } from './keys.ts'
import type { ReadRow } from './row.ts'
import { settleAll, submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import { groupActions, type Action } from './transactions.ts'

/** Few partitions, so that a partition of mailboxes writes full transactions. Changing this moves every row: it belongs to the index version. */
const buckets = 16
/** Requests under way at once. */
const maxAtOnce = 16
/** Tries that may lose against other writers in a row. */
const maxLosses = 20
/** So many mailboxes of an id are merged into its row unseen. */
const mostMerged = 50

interface IdIndex {
  find(connectorId: string, kind: PlaceKind, ids: readonly string[]): Promise<Place[]>
  /** Upserts before deletes. Throws AppError internal for a place that comes twice. */
  write(connectorId: string, upserts: readonly Place[], deletes: readonly Place[]): Promise<void>
}

/*
 * written                                  | how
 * mailboxes of an id, usually              | merged into its row, whatever is there: a hundred ids in one transaction
 * so many that the row has no room for them | read, and laid out anew in several rows (idRow.ts)
 * mailboxes to take away                   | read, and laid out anew without them
 */
export function idIndex(table: Table): IdIndex {
  const bucketKey = (connectorId: string, { kind, id }: Pick<Place, 'kind' | 'id'>) =>
    joinKey(connectorId, kind, partitionDigits(partitionOf(id) % buckets))
  return {
    async find(connectorId, kind, ids) {
      const found = await pLimit(maxAtOnce).map([...new Set(ids)], async (id) => {
        const { known } = await readId(table, bucketKey(connectorId, { kind, id }), id)
        return [...known].map(([mailboxGuid, data]) => ({ kind, id, mailboxGuid, data }))
      })
      return found.flat()
    },
    async write(connectorId, upserts, deletes) {
      checkDistinct([...upserts, ...deletes])
      const byBucket = new Map<string, IdEdit[]>()
      for (const edit of byId(upserts)) {
        const key = bucketKey(connectorId, edit)
        const own = byBucket.get(key)
        if (own) own.push(edit)
        else byBucket.set(key, [edit])
      }
      await settleAll([...byBucket].map(([bucket, edits]) => add(table, bucket, edits)))
      await pLimit(maxAtOnce).map(byId(deletes), (edit) =>
        change(table, bucketKey(connectorId, edit), edit.id, (known) => without(known, edit.known)),
      )
    },
  }
}

interface IdEdit {
  readonly kind: PlaceKind
  readonly id: string
  readonly known: Map<string, string>
}

function byId(places: readonly Place[]): IdEdit[] {
  const found = new Map<string, IdEdit>()
  for (const { kind, id, mailboxGuid, data } of places) {
    const key = joinKey(kind, id)
    const own = found.get(key) ?? { kind, id, known: new Map<string, string>() }
    own.known.set(mailboxGuid, data)
    found.set(key, own)
  }
  return [...found.values()]
}

/** Azure refuses a row of more than 252 properties or 1 MiB, Azurite does not. */
async function add(table: Table, bucket: string, edits: readonly IdEdit[]): Promise<void> {
  const isMany = ({ known }: IdEdit) => known.size > mostMerged
  const merged = edits.filter((edit) => !isMany(edit))
  const laidOut = edits.filter(isMany)
  const groups = groupActions(
    table.name,
    merged.map(({ id, known }): Action => ['upsert', mergedRow(bucket, id, known), 'Merge']),
  )
  const refused = await Promise.all(
    groups.map(async (group) => ((await isTaken(table, group)) ? [] : group.map(([, { rowKey }]) => rowKey))),
  )
  const again = new Set(refused.flat())
  laidOut.push(...merged.filter(({ id }) => again.has(idKey(id))))
  await pLimit(maxAtOnce).map(laidOut, ({ id, known }) => change(table, bucket, id, (before) => withAll(before, known)))
}

/** False: the service says that a row is not as it may be, which is what a full one gets. */
async function isTaken(table: Table, group: readonly Action[]): Promise<boolean> {
  try {
    await submitPhases(table, group)
    return true
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'storeFailed' && !thrown.retryable) return false
    throw thrown
  }
}

/** null: they are all there. */
function withAll(before: Known, added: Known): Known | null {
  const isSame = [...added].every(([guid, data]) => before.get(guid) === data)
  return isSame ? null : new Map([...before, ...added])
}

/** null: none of them is there. */
function without(before: Known, gone: Known): Known | null {
  const left = new Map([...before].filter(([guid]) => !gone.has(guid)))
  return left.size === before.size ? null : left
}

/** What another writer adds for another mailbox meanwhile stays. */
async function change(table: Table, bucket: string, id: string, edit: (known: Known) => Known | null): Promise<void> {
  for (let losses = 0; ; losses += 1) {
    const held = await readId(table, bucket, id)
    const after = edit(held.known)
    if (after === null) return
    try {
      await writeId(table, bucket, id, held, after)
      return
    } catch (thrown) {
      const isLost = thrown instanceof AppError && ['changedMeanwhile', 'notFound'].includes(thrown.code)
      if (!isLost || losses === maxLosses) throw thrown
    }
  }
}

interface HeldId {
  readonly known: Known
  /** null: there is no such row. */
  readonly etag: string | null
  /** Rows stand beside it. */
  readonly isWide: boolean
}

async function readId(table: Table, bucket: string, id: string): Promise<HeldId> {
  for (let tried = 1; tried <= maxLosses; tried += 1) {
    const row = await table.read(bucket, idKey(id))
    const more = row && moreOf(row)
    if (!more) return { known: knownIn(row), etag: row?.etag ?? null, isWide: false }
    const beside = await readBeside(table, bucket, moreKey(id, more.write))
    // Otherwise it was laid out anew in between
    if (beside.length === more.rows) return { known: knownIn(row, beside), etag: row.etag, isWide: true }
  }
  throw new AppError('storeFailed', `id ${id} of partition ${bucket} in table ${table.name} is not whole`)
}

async function readBeside(table: Table, bucket: string, prefix: string): Promise<ReadRow[]> {
  const found: ReadRow[] = []
  for await (const rows of table.scan(bucket, { from: prefix, to: afterPrefix(prefix) })) found.push(...rows)
  return found
}

/** Until the row names them, the new rows beside it count for nothing; from then on those of before do. */
async function writeId(table: Table, bucket: string, id: string, held: HeldId, after: Known): Promise<void> {
  const write = randomUUID()
  const { row, more } = toIdRows(bucket, id, after, write)
  // Before ours count: another writer's that are not named yet will not be, and later ones are not among them
  const stale = held.isWide || more.length > 0 ? await readBeside(table, bucket, moreKey(id)) : []
  await submitPhases(
    table,
    more.map((each): Action => ['upsert', each, 'Replace']),
  )
  if (held.etag === null) await table.insert(row)
  else if (after.size === 0) await table.remove(bucket, row.rowKey, held.etag)
  else await table.replace(row, held.etag)
  await submitPhases(
    table,
    stale.map(({ rowKey }): Action => ['delete', { partitionKey: bucket, rowKey }]),
  )
}

function checkDistinct(places: readonly Place[]): void {
  const keys = new Set(places.map(({ kind, id, mailboxGuid }) => joinKey(kind, id, mailboxGuid)))
  if (keys.size < places.length) throw new AppError('internal', 'a place comes twice in one write')
}
