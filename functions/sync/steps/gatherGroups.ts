/** Step 4: who is in the policy's groups, directly or through groups in them. */
import { AppError } from '../../errors.ts'
import { deadline } from '../deadline.ts'
import { stageKey, withAttempt } from '../readStaged.ts'
import { stageWriter } from '../stageWriter.ts'
import type { Step } from '../step.ts'

interface Cursor {
  /** Index into the groups: included first, then excluded. */
  readonly group: number
  readonly page: string | null
}

export const gatherGroups: Step = async (ports, run, attempt) => {
  const { enabled, includedGroups, excludedGroups } = run.policy
  const groups = enabled ? [...includedGroups, ...excludedGroups] : []
  const isOver = deadline(ports.clock)
  const writers = {
    included: stageWriter(ports.store, stageKey(run, 'included', attempt)),
    excluded: stageWriter(ports.store, stageKey(run, 'excluded', attempt)),
  }
  const sizes: Record<string, number> = { ...run.groupSizes }
  let cursor: Cursor | null = run.cursor === null ? { group: 0, page: null } : (JSON.parse(run.cursor) as Cursor)
  while (cursor && cursor.group < groups.length && !isOver()) cursor = await gatherPage(cursor)
  await Promise.all([writers.included.end(), writers.excluded.end()])

  const isDone = cursor === null || cursor.group >= groups.length
  return {
    next: isDone ? 'gatherUsers' : 'gatherGroups',
    cursor: isDone ? null : JSON.stringify(cursor),
    patch: {
      ...withAttempt({ ...run, ...withAttempt(run, 'included', attempt) }, 'excluded', attempt),
      groupSizes: sizes,
    },
  }

  async function gatherPage({ group, page }: Cursor): Promise<Cursor> {
    const groupId = groups[group]
    if (groupId === undefined) throw new AppError('internal', `no group at ${group} of ${groups.length}`)
    const writer = group < includedGroups.length ? writers.included : writers.excluded
    const { items, next } = await ports.directory.memberIds(groupId, page)
    for (const userId of items) await writer.add(userId, groupId, null)
    sizes[groupId] = (sizes[groupId] ?? 0) + items.length
    return next === null ? { group: group + 1, page: null } : { group, page: next }
  }
}
