/** Rows that record which mailboxes have their EAS mailbox policy from easgate, and what comes back later. */
import { partitionOf } from '../core/partition.ts'
import type { OwnAssignment } from '../core/planAssignment.ts'
import type { RowKey, Store } from '../portsStore.ts'

export function assignmentKey(mailboxGuid: string): RowKey {
  return { mailboxGuid, kind: 'assignment', id: '' }
}

/** By mailbox Guid; null takes the record away. */
export async function writeAssignments(
  store: Pick<Store, 'writeRows'>,
  connectorId: string,
  assignments: ReadonlyMap<string, OwnAssignment | null>,
): Promise<void> {
  const partitions = new Map<number, string[]>()
  for (const guid of assignments.keys()) {
    const own = partitions.get(partitionOf(guid)) ?? []
    partitions.set(partitionOf(guid), [...own, guid])
  }
  await Promise.all(
    [...partitions].map(async ([partition, guids]) => {
      const rows = guids.flatMap((guid) => {
        const assignment = assignments.get(guid)
        return assignment ? [{ ...assignmentKey(guid), data: JSON.stringify(assignment), decision: null }] : []
      })
      const gone = guids.filter((guid) => !assignments.get(guid)).map(assignmentKey)
      await store.writeRows(connectorId, partition, rows, gone)
    }),
  )
}
