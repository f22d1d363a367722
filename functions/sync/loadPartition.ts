/** One partition in memory, or the touched mailboxes of one: the rows as stored, and what this run gathered for them. */
import { partitionOf } from '../core/partition.ts'
import type { Run } from '../core/run.ts'
import type { Ports } from '../ports.ts'
import type { RowKind, StagedKind, StoredRow } from '../portsStore.ts'
import { allStaged, stagedOf } from './readStaged.ts'
import type { StagedRow } from './stagedLine.ts'

export interface LoadedPartition {
  /** Its marks left out. */
  readonly stored: readonly StoredRow[]
  /** What was gathered, by row kind. */
  readonly gathered: ReadonlyMap<RowKind, readonly StagedRow[]>
  readonly marks: Marks
  /** By mailbox Guid, of those that a quick sync touched: as of a planned change (plan.ts). */
  readonly changedAt: ReadonlyMap<string, string>
}

/** When the reading began that the stored rows are from, ISO-8601 UTC; '' where nothing was read yet. */
export interface Marks {
  /** Of the last complete gathering. */
  readonly partition: string
  /** Of mailboxes that a quick sync read since, by Guid. */
  readonly mailboxes: ReadonlyMap<string, string>
}

const kinds: readonly (readonly [RowKind, StagedKind])[] = [
  ['mailbox', 'mailboxes'],
  ['user', 'users'],
  ['device', 'devices'],
  ['record', 'records'],
]

/*
 * mode        | rows that are read
 * everything  | the partition's
 * stored      | the partition's
 * changes     | those of the mailboxes that were gathered
 */
export async function loadPartition(
  { store }: Ports,
  run: Run,
  partition: number,
  gatheredOf: GatheredOf,
): Promise<LoadedPartition> {
  const { gathered, changedAt } = await gatheredOf(partition)
  const touched = [...new Set((gathered.get('mailbox') ?? []).map(({ mailboxGuid }) => mailboxGuid))]
  const rows =
    run.mode === 'changes'
      ? await store.rowsOf(run.connectorId, partition, [partitionMark, ...touched])
      : await store.rows(run.connectorId, partition)
  const isMark = ({ kind }: StoredRow) => kind === 'mark'
  return { stored: rows.filter((row) => !isMark(row)), gathered, marks: marksIn(rows.filter(isMark)), changedAt }
}

export type GatheredOf = (partition: number) => Promise<Pick<LoadedPartition, 'gathered' | 'changedAt'>>

/** What this run gathered, by partition: where that is not everything it is little, and read at once. */
export async function openGathered({ store }: Ports, run: Run): Promise<GatheredOf> {
  if (run.mode === 'everything')
    return async (partition) => {
      const staged = await Promise.all(kinds.map(([, kind]) => stagedOf(store, run, kind, partition)))
      return { gathered: new Map(kinds.map(([kind], index) => [kind, staged[index] ?? []])), changedAt: new Map() }
    }
  const none = new Map(kinds.map(([kind]) => [kind, [] as StagedRow[]]))
  const found = new Map<number, Map<RowKind, StagedRow[]>>()
  await Promise.all(
    kinds.map(async ([kind, stagedKind]) => {
      for await (const row of allStaged(store, run, stagedKind)) {
        const partition = partitionOf(row.mailboxGuid)
        const own = found.get(partition) ?? new Map(kinds.map(([each]) => [each, [] as StagedRow[]]))
        found.set(partition, own)
        own.get(kind)?.push(row)
      }
    }),
  )
  const changedAt = new Map<string, string>()
  for await (const { mailboxGuid, data } of allStaged(store, run, 'changedAt'))
    changedAt.set(mailboxGuid, JSON.parse(data) as string)
  return async (partition) => ({ gathered: found.get(partition) ?? none, changedAt })
}

/** What stands for a mailbox in the key of the partition's own mark. */
export const partitionMark = ''

export interface Mark {
  readonly gatheredAt: string
}

export function marksIn(rows: readonly StoredRow[]): Marks {
  const all = new Map(rows.map(({ mailboxGuid, data }) => [mailboxGuid, (JSON.parse(data) as Mark).gatheredAt]))
  const partition = all.get(partitionMark) ?? ''
  all.delete(partitionMark)
  return { partition, mailboxes: all }
}

/** The later of the mailbox's own mark and its partition's. */
export function markOf({ partition, mailboxes }: Marks, guid: string): string {
  const own = mailboxes.get(guid) ?? ''
  return own > partition ? own : partition
}
