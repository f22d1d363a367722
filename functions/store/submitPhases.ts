/** Many rows of one partition, where some must be there before others and a row to delete may be gone already. */
import { AppError } from '../errors.ts'
import { afterPrefix } from './keys.ts'
import type { Table } from './table.ts'
import { groupActions, type Action } from './transactions.ts'

/**
 * All in one transaction when it fits; else phase after phase, the transactions of a phase several at once. A delete of a missing row does nothing.
 * When it throws, nothing is under way any more.
 */
export async function submitPhases(table: Table, ...phases: readonly (readonly Action[])[]): Promise<void> {
  const groups = groupActions(table.name, phases.flat())
  if (groups.length <= 1) return submitAtOnce(table, groups)
  for (const phase of phases) await submitAtOnce(table, groupActions(table.name, phase))
}

async function submitAtOnce(table: Table, groups: readonly (readonly Action[])[]): Promise<void> {
  await settleAll(groups.map((group) => submitGroup(table, group)))
}

/** A write that still ran after a failure was reported could land after the write that repairs it: so all are waited for. */
export async function settleAll(writes: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(writes)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** How often rows may vanish between looking and deleting before that is an error: another deleter is at work, but it ends. */
const maxAttempts = 5

async function submitGroup(table: Table, group: readonly Action[]): Promise<void> {
  let actions = group
  for (let attempt = 1; actions.length > 0; attempt += 1) {
    try {
      await table.submit(actions)
      return
    } catch (thrown) {
      const hasDeletes = actions.some(([kind]) => kind === 'delete')
      const isMissing = hasDeletes && thrown instanceof AppError && thrown.code === 'notFound'
      if (!isMissing || attempt === maxAttempts) throw thrown
      actions = await withoutMissing(table, actions)
    }
  }
}

async function withoutMissing(table: Table, actions: readonly Action[]): Promise<Action[]> {
  const doomed = actions.filter(([kind]) => kind === 'delete').map(([, row]) => row)
  const keys = doomed.map((row) => row.rowKey).toSorted()
  const [from = '', to = ''] = [keys[0], keys.at(-1)]
  const present = new Set<string>()
  const range = { from, to: afterPrefix(to), select: ['rowKey'] }
  for await (const rows of table.scan(doomed[0]?.partitionKey ?? '', range)) {
    for (const row of rows) present.add(row.rowKey)
  }
  return actions.filter(([kind, row]) => kind !== 'delete' || present.has(row.rowKey))
}
