/** Which entries are easgate's own: recorded before they are made, forgotten once they are off the list. */
import { partitionOf } from '../core/partition.ts'
import type { ListChange } from '../core/plan.ts'
import type { List } from '../core/types.ts'
import type { RowKey, StoredRow } from '../ports.ts'
import type { Applying } from './applyPhase.ts'
import type { ListEdits } from './editLists.ts'
import { entryKey, entryRow } from './entryRow.ts'

/** Ownership of an entry is recorded before its command is sent. */
export async function claimEntries(
  { ports, run }: Applying,
  prepared: readonly { readonly change: ListChange; readonly edits: ListEdits }[],
): Promise<void> {
  const since = ports.clock.now().toISOString()
  const rows = prepared.flatMap(({ change, edits }) =>
    edits.toDo.flatMap(({ deviceId, before, after }) => {
      const added: List | null = after === 'allowed' || after === 'blocked' ? after : null
      return added && before !== added
        ? [entryRow(change.mailboxGuid, { deviceId, list: added, runId: run.id, since })]
        : []
    }),
  )
  await writeByPartition(ports, run.connectorId, rows, [])
}

/** Entries that the edits took off a list are easgate's no longer. */
export function goneEntries(mailboxGuid: string, edits: ListEdits['toDo']): RowKey[] {
  const lists: readonly List[] = ['allowed', 'blocked']
  const wasOn = (list: List, { before }: ListEdits['toDo'][number]) => before === list || before === 'both'
  return edits.flatMap((edit) =>
    lists
      .filter((list) => wasOn(list, edit) && edit.after !== list && edit.after !== 'both')
      .map((list) => entryKey(mailboxGuid, { deviceId: edit.deviceId, list })),
  )
}

/** Takes entries off the record. */
export async function forget({ ports, run }: Applying, gone: readonly RowKey[]): Promise<void> {
  await writeByPartition(ports, run.connectorId, [], gone)
}

/** Rows of many mailboxes, each to its partition. */
export async function writeByPartition(
  ports: Applying['ports'],
  connectorId: string,
  upserts: readonly StoredRow[],
  deletes: readonly RowKey[],
): Promise<void> {
  const partitions = new Map<number, { upserts: StoredRow[]; deletes: RowKey[] }>()
  const of = (mailboxGuid: string) => {
    const partition = partitionOf(mailboxGuid)
    const found = partitions.get(partition) ?? { upserts: [], deletes: [] }
    partitions.set(partition, found)
    return found
  }
  for (const row of upserts) of(row.mailboxGuid).upserts.push(row)
  for (const key of deletes) of(key.mailboxGuid).deletes.push(key)
  await Promise.all(
    [...partitions].map(([partition, rows]) =>
      ports.store.writeRows(connectorId, partition, rows.upserts, rows.deletes),
    ),
  )
}
