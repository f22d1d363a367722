/** One partition in memory: its rows as stored, and what this run gathered for it. */
import type { Run } from '../core/run.ts'
import type { Ports, RowKind, StagedKind, StoredRow } from '../ports.ts'
import { stagedOf } from './readStaged.ts'
import type { StagedRow } from './stagedLine.ts'

export interface LoadedPartition {
  readonly stored: readonly StoredRow[]
  /** What was gathered, by row kind; null when a later gathering has already been merged: the stored rows are newer. */
  readonly gathered: ReadonlyMap<RowKind, readonly StagedRow[]> | null
  /** When the reading began that the lists are from, Unix milliseconds. */
  readonly readAtMs: number
}

const kinds: readonly (readonly [RowKind, StagedKind])[] = [
  ['mailbox', 'mailboxes'],
  ['user', 'users'],
  ['device', 'devices'],
  ['record', 'records'],
]

export async function loadPartition({ store }: Ports, run: Run, partition: number): Promise<LoadedPartition> {
  const [stored, ...gathered] = await Promise.all([
    store.rows(run.connectorId, partition),
    ...kinds.map(([, staged]) => stagedOf(store, run, staged, partition)),
  ])
  // A long full sync must not overwrite what a quick one read after it
  const merged = markOf(stored)?.gatheredAt
  const own = run.gatheredAt ?? run.startedAt
  if (merged !== undefined && merged > own) return { stored, gathered: null, readAtMs: Date.parse(merged) }
  return {
    stored,
    gathered: new Map(kinds.map(([kind], index) => [kind, gathered[index] ?? []])),
    readAtMs: Date.parse(own),
  }
}

/** The partition's mark: which complete gathering was merged last. */
export interface Mark {
  readonly gatheredAt: string
}

function markOf(stored: readonly StoredRow[]): Mark | null {
  const row = stored.find(({ kind }) => kind === 'mark')
  return row ? (JSON.parse(row.data) as Mark) : null
}
