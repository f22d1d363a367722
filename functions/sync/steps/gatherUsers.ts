/** Step 5: users, each beside the mailboxes that its DN or addresses name, with the policy's groups it is in. */
import { groupsOfUser, type GroupsOfUser } from '../../core/policyGroups.ts'
import type { Run } from '../../core/run.ts'
import type { Owner, User } from '../../core/types.ts'
import type { StagedKind, Store } from '../../portsStore.ts'
import { deadline } from '../deadline.ts'
import { readMailboxIndex } from '../mailboxIndex.ts'
import { allStaged, stageKey, withAttempt } from '../readStaged.ts'
import { stageWriter } from '../stageWriter.ts'
import type { Step } from '../step.ts'

export const gatherUsers: Step = async (ports, run, attempt) => {
  const index = await readMailboxIndex(ports.store, run, { addresses: true })
  const included = await memberIds(ports.store, run, 'included')
  const excluded = await memberIds(ports.store, run, 'excluded')
  const ofRules = await memberships(ports.store, run)
  const writer = stageWriter(ports.store, stageKey(run, 'users', attempt))
  const isOver = deadline(ports.clock)
  let cursor = run.cursor
  let found = 0
  let inScope = 0
  do {
    const page = await ports.directory.users(cursor, run.policy.settings.intunePlanIds)
    for (const user of page.items) {
      found++
      const groups = groupsOfUser(included.has(user.id), excluded.has(user.id), ofRules.get(user.id) ?? [])
      if (user.isLicensed && groups.isIncluded) inScope++
      await stageUser(user, groups)
    }
    cursor = page.next
  } while (cursor !== null && !isOver())
  await writer.end()
  return {
    next: cursor === null ? 'gatherDevices' : 'gatherUsers',
    cursor,
    patch: withAttempt(run, 'users', attempt),
    counts: { 'found.users': found, 'inventory.usersInScope': inScope },
  }

  /** A user without a mailbox here (cloud only, or of another organization) is counted and not kept. */
  async function stageUser(user: User, groups: GroupsOfUser): Promise<void> {
    for (const [mailboxGuid, evidence] of index.ofUser(user)) {
      await writer.add(mailboxGuid, user.id, { user, evidence, ...groups } satisfies Owner)
    }
  }
}

async function memberIds(store: Store, run: Run, kind: StagedKind): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  for await (const { mailboxGuid: userId } of allStaged(store, run, kind)) ids.add(userId)
  return ids
}

/** User id → groups of the extra rules that the user is in. */
async function memberships(store: Store, run: Run): Promise<ReadonlyMap<string, readonly string[]>> {
  const groups = new Map<string, string[]>()
  for await (const { mailboxGuid: userId, id: groupId } of allStaged(store, run, 'ruleGroups')) {
    const known = groups.get(userId)
    if (!known) groups.set(userId, [groupId])
    else if (!known.includes(groupId)) known.push(groupId)
  }
  return groups
}
