/** After a plan is approved for some groups alone: what is not theirs gets its outcome, so that apply never sends it. */
import { partitionOf } from '../../core/partition.ts'
import { noticesOf, type Outcome, type PlannedChange } from '../../core/plan.ts'
import { resolveOwner } from '../../core/resolveOwner.ts'
import type { Run } from '../../core/run.ts'
import { AppError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import type { StoredChange } from '../../portsStore.ts'
import { deadline } from '../deadline.ts'
import { groupMembers } from '../groupMembers.ts'
import type { Step } from '../step.ts'
import { storedMailboxes } from '../storedMailboxes.ts'

interface Cursor {
  readonly of: 'changes' | 'notices'
  readonly after: string | null
}

const changesPerPage = 500

/*
 * change                                         | what becomes of it
 * of a mailbox whose owner is in an approved one | stays in the plan
 * of another mailbox, or of nobody's             | notApproved; decided anew at the next full sync
 * of Exchange's own configuration                | notApproved: it is everybody's
 */
export const keepApproved: Step = async (ports, run) => {
  const members = await groupMembers(ports, run.approvedGroups ?? [])
  const approved = new Set([...members.values()].flatMap((ids) => [...ids]))
  const isOver = deadline(ports.clock)
  let cursor: Cursor | null = run.cursor === null ? { of: 'changes', after: null } : (JSON.parse(run.cursor) as Cursor)
  do {
    const id = cursor.of === 'changes' ? run.id : noticesOf(run.id)
    const page = await ports.store.changes(run.connectorId, id, '', cursor.after, changesPerPage)
    await dropOthers(ports, run, id, page, approved)
    cursor = nextOf(cursor, page)
  } while (cursor !== null && !isOver())
  if (cursor !== null) return { next: 'keepApproved', cursor: JSON.stringify(cursor) }
  return { next: 'takeLease', cursor: 'apply' }
}

function nextOf({ of }: Cursor, page: readonly StoredChange[]): Cursor | null {
  const last = page.at(-1)
  if (last) return { of, after: last.key }
  return of === 'changes' ? { of: 'notices', after: null } : null
}

async function dropOthers(
  ports: Ports,
  run: Run,
  id: string,
  page: readonly StoredChange[],
  approved: ReadonlySet<string>,
): Promise<void> {
  const open = page.filter(({ outcome }) => outcome === null)
  const owners = await ownersOf(ports, run, open)
  const outcome: Outcome = {
    state: 'notApproved',
    at: ports.clock.now().toISOString(),
    message: 'approved for other groups alone; decided anew at the next full sync',
  }
  const others = open.filter(({ change }) => {
    const guid = mailboxOf(change)
    const owner = guid === null ? undefined : owners.get(guid)
    return owner === undefined || !approved.has(owner)
  })
  if (others.length === 0) return
  await ports.store.saveOutcomes(run.connectorId, id, new Map(others.map(({ key }) => [key, outcome])))
}

function mailboxOf(change: PlannedChange): string | null {
  return 'mailboxGuid' in change ? change.mailboxGuid : null
}

/** User ids by mailbox Guid. */
async function ownersOf({ store }: Ports, { connectorId }: Run, open: readonly StoredChange[]) {
  const guids = [...new Set(open.flatMap(({ change }) => mailboxOf(change) ?? []))]
  const byPartition = new Map<number, string[]>()
  for (const guid of guids) {
    const own = byPartition.get(partitionOf(guid)) ?? []
    byPartition.set(partitionOf(guid), [...own, guid])
  }
  const owners = new Map<string, string>()
  await Promise.all(
    [...byPartition].map(async ([partition, own]) => {
      for (const { guid, facts } of storedMailboxes(await store.rowsOf(connectorId, partition, own))) {
        const owner = resolveOwner(facts.candidates)
        if (owner) owners.set(guid, owner.user.id)
      }
    }),
  )
  return owners
}

const everybodys: ReadonlySet<string> = new Set(['defaultLevel', 'newRule', 'setRule', 'removeRule'])

/** What the lists of one mailbox must be follows from the default and the rules: without those nothing of such a plan may be applied. Throws AppError conflict. */
export async function checkListsAlone({ store }: Pick<Ports, 'store'>, { connectorId, id }: Run): Promise<void> {
  for (const phase of [2, 3]) {
    const found = await store.changes(connectorId, id, `${phase}|!`, null, 1000)
    const kinds = found.map(({ change }) => change.kind).filter((kind) => everybodys.has(kind))
    if (kinds.length === 0) continue
    const what = [...new Set(kinds)].join(', ')
    throw new AppError(
      'conflict',
      `run ${id} changes Exchange's access for everybody (${what}), so that no part of it can be applied for some groups; approve it whole, or reject it and include fewer groups in the policy`,
    )
  }
}
