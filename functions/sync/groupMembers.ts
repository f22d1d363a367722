/** Who is in which of some groups, directly or through groups in them, as Graph says now. Memory grows with their members, as in gatherUsers. */
import type { Directory } from '../portsDirectory.ts'

/** User ids by group id in lower case. Throws AppError groupNotFound. */
export async function groupMembers(
  { directory }: { readonly directory: Pick<Directory, 'memberIds'> },
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const members = new Map<string, ReadonlySet<string>>()
  for (const groupId of groupIds) {
    const key = groupId.toLowerCase()
    if (members.has(key)) continue
    const ids = new Set<string>()
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<Directory['memberIds']>> = await directory.memberIds(groupId, cursor)
      for (const id of page.items) ids.add(id)
      cursor = page.next
    } while (cursor !== null)
    members.set(key, ids)
  }
  return members
}
