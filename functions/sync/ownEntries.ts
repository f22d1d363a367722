/** Which entries are easgate's own: recorded before they are made, forgotten once they are off the list. */
import { partitionOf } from '../core/partition.ts'
import type { ListChange } from '../core/plan.ts'
import type { List } from '../core/types.ts'
import type { StoredRow } from '../portsStore.ts'
import type { Applying } from './applying.ts'
import type { ListEdits } from './editLists.ts'
import { entryRow } from './entryRow.ts'

/** Ownership of an entry is recorded before its command is sent. */
export async function claimEntries(
  { ports, run }: Applying,
  prepared: readonly { readonly change: ListChange; readonly edits: ListEdits }[],
): Promise<void> {
  const since = ports.clock.now().toISOString()
  const rows = prepared.flatMap(({ change, edits }) =>
    edits.toDo.flatMap(({ deviceId, before, after }) => {
      const added: List | null = after === 'allowed' || after === 'blocked' ? after : null
      return added && before !== added && before !== 'both'
        ? [entryRow(change.mailboxGuid, { deviceId, list: added, runId: run.id, since })]
        : []
    }),
  )
  await writeByPartition(ports, run.connectorId, rows)
}

/** Entries that the edits took off a list are easgate's no longer; that is recorded, for runs that read the list before. */
export function goneEntries({ ports, run }: Applying, mailboxGuid: string, edits: ListEdits['toDo']): StoredRow[] {
  const lists: readonly List[] = ['allowed', 'blocked']
  const since = ports.clock.now().toISOString()
  return edits.flatMap((edit) =>
    lists
      .filter((list) => wasOn(list, edit) && edit.after !== list && edit.after !== 'both')
      .map((list) => entryRow(mailboxGuid, { deviceId: edit.deviceId, list, isRemoved: true, runId: run.id, since })),
  )
}

/** Rows of many mailboxes, each to its partition. */
export async function writeByPartition(
  ports: Applying['ports'],
  connectorId: string,
  rows: readonly StoredRow[],
): Promise<void> {
  const partitions = new Map<number, StoredRow[]>()
  for (const row of rows) {
    const partition = partitionOf(row.mailboxGuid)
    const own = partitions.get(partition)
    if (own) own.push(row)
    else partitions.set(partition, [row])
  }
  await Promise.all([...partitions].map(([partition, own]) => ports.store.writeRows(connectorId, partition, own, [])))
}

function wasOn(list: List, { before }: ListEdits['toDo'][number]): boolean {
  return before === list || before === 'both'
}
