/** Step 4: who is in the policy's groups, directly or through groups in them. */
import { ruleGroups } from '../../core/policyGroups.ts'
import { AppError } from '../../errors.ts'
import { deadline } from '../deadline.ts'
import { stageKey, withAttempt } from '../readStaged.ts'
import { stageWriter } from '../stageWriter.ts'
import type { Step } from '../step.ts'

interface Cursor {
  /** Index into the groups: included first, then excluded, then those of the extra rules. */
  readonly group: number
  readonly page: string | null
}

export const gatherGroups: Step = async (ports, run, attempt) => {
  const { enabled, includedGroups, excludedGroups } = run.policy
  const lists = [
    ['included', includedGroups],
    ['excluded', excludedGroups],
    ['ruleGroups', ruleGroups(run.policy)],
  ] as const
  const groups = enabled ? lists.flatMap(([kind, ids]) => ids.map((groupId) => ({ kind, groupId }))) : []
  const isOver = deadline(ports.clock)
  const writers = {
    included: stageWriter(ports.store, stageKey(run, 'included', attempt)),
    excluded: stageWriter(ports.store, stageKey(run, 'excluded', attempt)),
    ruleGroups: stageWriter(ports.store, stageKey(run, 'ruleGroups', attempt)),
  }
  const sizes: Record<string, number> = { ...run.groupSizes }
  let cursor: Cursor | null = run.cursor === null ? { group: 0, page: null } : (JSON.parse(run.cursor) as Cursor)
  while (cursor && cursor.group < groups.length && !isOver()) cursor = await gatherPage(cursor)
  await Promise.all(lists.map(async ([kind]) => writers[kind].end()))

  const isDone = cursor === null || cursor.group >= groups.length
  return {
    next: isDone ? 'gatherUsers' : 'gatherGroups',
    cursor: isDone ? null : JSON.stringify(cursor),
    patch: {
      attempts: lists.reduce(
        (all, [kind]) => withAttempt({ ...run, attempts: all }, kind, attempt).attempts,
        run.attempts,
      ),
      groupSizes: sizes,
    },
  }

  async function gatherPage({ group, page }: Cursor): Promise<Cursor> {
    const found = groups[group]
    if (!found) throw new AppError('internal', `no group at ${group} of ${groups.length}`)
    const { kind, groupId } = found
    const { items, next } = await ports.directory.memberIds(groupId, page)
    for (const userId of items) await writers[kind].add(userId, groupId, null)
    if (kind === 'included') sizes[groupId] = (sizes[groupId] ?? 0) + items.length
    return next === null ? { group: group + 1, page: null } : { group, page: next }
  }
}
