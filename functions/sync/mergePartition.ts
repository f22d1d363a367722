/** What was gathered against what is stored: rows that differ are written, rows not seen in a complete gathering are gone. Pure. */
import type { Run } from '../core/run.ts'
import type { RowKey, RowKind, StoredRow } from '../portsStore.ts'
import { markOf, partitionMark, type LoadedPartition, type Mark } from './loadPartition.ts'
import type { StagedRow } from './stagedLine.ts'

export interface Merged {
  /** The mailboxes as they will be. */
  readonly mailboxes: readonly MergedMailbox[]
  readonly upserts: readonly StoredRow[]
  readonly deletes: readonly RowKey[]
}

export interface MergedMailbox {
  readonly guid: string
  readonly rows: readonly StoredRow[]
  /** Its rows as they were stored. */
  readonly before: readonly StoredRow[]
  /** When the reading began that its rows are from, Unix milliseconds. */
  readonly readAtMs: number
}

/*
 * the run read      | the mailbox was    | read later by another run | its rows
 * everything        | gathered or stored | no                        | as gathered; what was not seen is gone
 * everything        | either             | yes                       | as stored
 * some mailboxes    | gathered           | no                        | as gathered; what was not seen is gone
 * some mailboxes    | gathered           | yes                       | as stored
 * some mailboxes    | stored only        | either                    | as stored
 */
export function mergePartition({ stored, gathered, marks }: LoadedPartition, run: Run): Merged {
  const own = run.gatheredAt ?? run.startedAt
  const isWhole = run.mode === 'everything'
  const before = byMailbox(stored)
  const seen = gatheredByMailbox(gathered)
  const mailboxes: MergedMailbox[] = []
  const upserts: StoredRow[] = []
  const deletes: RowKey[] = []
  for (const guid of new Set([...before.keys(), ...seen.keys()])) {
    const rows = before.get(guid) ?? []
    const found = seen.get(guid)
    const mark = markOf(marks, guid)
    if (mark > own || !(isWhole || found)) {
      mailboxes.push({ guid, rows, before: rows, readAtMs: Date.parse(mark || own) })
      continue
    }
    const merged = mergeMailbox(rows, found ?? [])
    mailboxes.push({ guid, rows: merged.rows, before: rows, readAtMs: Date.parse(own) })
    upserts.push(...merged.upserts)
    deletes.push(...merged.deletes)
    if (!isWhole) upserts.push(markRow(guid, own))
    else if (marks.mailboxes.has(guid)) deletes.push({ mailboxGuid: guid, kind: 'mark', id: '' })
  }
  if (isWhole && marks.partition <= own) upserts.push(markRow(partitionMark, own))
  return { mailboxes, upserts, deletes }
}

interface GatheredRow extends StagedRow {
  readonly kind: RowKind
}

/*
 * gathered | stored  | row
 * yes      | same    | kept
 * yes      | other   | written; a record keeps its last decision
 * yes      | none    | written
 * no       | yes     | deleted; an entry or assignment of easgate's only with its whole mailbox, a pin with the last that was gathered there, an
 *          |         | activation and a last sync with their record
 */
function mergeMailbox(before: readonly StoredRow[], found: readonly GatheredRow[]) {
  const known = new Map(before.map((row) => [keyOf(row), row]))
  const after = new Map<string, StoredRow>()
  const upserts: StoredRow[] = []
  for (const { mailboxGuid, kind, id, data } of found) {
    const key = keyOf({ mailboxGuid, kind, id })
    const old = known.get(key)
    const row = old?.data === data ? old : { mailboxGuid, kind, id, data, decision: old?.decision ?? null }
    if (row !== old) upserts.push(row)
    after.set(key, row)
  }
  const isThere = found.some(({ kind }) => kind === 'mailbox')
  const deletes: StoredRow[] = []
  for (const [key, row] of known) {
    if (after.has(key)) continue
    const isOwn = row.kind === 'entry' || row.kind === 'assignment'
    const isOfRecord = row.kind === 'activation' || row.kind === 'lastSync'
    const isKept =
      (isOwn && isThere) ||
      (row.kind === 'pin' && found.length > 0) ||
      (isOfRecord && after.has(keyOf({ ...row, kind: 'record' })))
    if (isKept) after.set(key, row)
    else deletes.push(row)
  }
  return { rows: [...after.values()], upserts, deletes }
}

function byMailbox(rows: readonly StoredRow[]): Map<string, StoredRow[]> {
  const found = new Map<string, StoredRow[]>()
  for (const row of rows) {
    const group = found.get(row.mailboxGuid)
    if (group) group.push(row)
    else found.set(row.mailboxGuid, [row])
  }
  return found
}

function gatheredByMailbox(gathered: LoadedPartition['gathered']): Map<string, GatheredRow[]> {
  const found = new Map<string, GatheredRow[]>()
  for (const [kind, rows] of gathered) {
    for (const { mailboxGuid, id, data } of rows) {
      const group = found.get(mailboxGuid)
      if (group) group.push({ mailboxGuid, kind, id, data })
      else found.set(mailboxGuid, [{ mailboxGuid, kind, id, data }])
    }
  }
  return found
}

function markRow(mailboxGuid: string, gatheredAt: string): StoredRow {
  return { mailboxGuid, kind: 'mark', id: '', data: JSON.stringify({ gatheredAt } satisfies Mark), decision: null }
}

function keyOf({ mailboxGuid, kind, id }: RowKey): string {
  return `${mailboxGuid}|${kind}|${id}`
}
