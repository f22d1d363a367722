/** What was gathered against what is stored: rows that differ are written, rows not seen in a complete gathering are gone. */
import type { Run } from '../core/run.ts'
import type { RowKey, StoredRow } from '../ports.ts'
import type { LoadedPartition, Mark } from './loadPartition.ts'

export interface Merged {
  /** The partition as it will be, without its mark. */
  readonly rows: readonly StoredRow[]
  readonly upserts: readonly StoredRow[]
  readonly deletes: readonly RowKey[]
}

/*
 * gathered | stored  | row
 * yes      | same    | kept
 * yes      | other   | written; a record keeps its last decision
 * yes      | none    | written
 * no       | yes     | deleted; an entry of easgate's only with its whole mailbox
 */
export function mergePartition({ stored, gathered }: LoadedPartition, run: Run): Merged {
  const known = stored.filter((row) => row.kind !== 'mark')
  if (!gathered) return { rows: known, upserts: [], deletes: [] }
  const before = new Map(known.map((row) => [keyOf(row), row]))
  const after = new Map<string, StoredRow>()
  const upserts: StoredRow[] = []
  for (const [kind, rows] of gathered) {
    for (const { mailboxGuid, id, data } of rows) {
      const key = keyOf({ mailboxGuid, kind, id })
      const old = before.get(key)
      const row = old?.data === data ? old : { mailboxGuid, kind, id, data, decision: old?.decision ?? null }
      if (row !== old) upserts.push(row)
      after.set(key, row)
    }
  }
  const mailboxes = new Set((gathered.get('mailbox') ?? []).map((row) => row.mailboxGuid))
  const deletes: StoredRow[] = []
  for (const [key, row] of before) {
    if (after.has(key)) continue
    if (row.kind === 'entry' && mailboxes.has(row.mailboxGuid)) after.set(key, row)
    else deletes.push(row)
  }
  return { rows: [...after.values()], upserts: [...upserts, markOf(run)], deletes }
}

function markOf(run: Run): StoredRow {
  const mark: Mark = { gatheredAt: run.gatheredAt ?? run.startedAt }
  return { mailboxGuid: '', kind: 'mark', id: '', data: JSON.stringify(mark), decision: null }
}

function keyOf({ mailboxGuid, kind, id }: RowKey): string {
  return `${mailboxGuid}|${kind}|${id}`
}
