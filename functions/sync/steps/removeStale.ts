/** Second step of a clean-up: the stale partnerships are ended, one after the other, each looked at again before. */
import type { Outcome } from '../../core/plan.ts'
import { add, type Tally } from '../../core/tally.ts'
import type { Run } from '../../core/run.ts'
import type { Conversation, Ports } from '../../ports.ts'
import type { StoredChange } from '../../portsStore.ts'
import { changeConnector } from '../connector.ts'
import { deadline } from '../deadline.ts'
import { endStale } from '../endStale.ts'
import { maySend } from '../maySend.ts'
import { removeStaleRecord } from '../removeStaleRecord.ts'
import type { Step } from '../step.ts'
import { reportOf } from './findStale.ts'

/** A removal is five short questions and two commands. */
const perMessage = 20

/**
 * Cursor: the key of the last one that has its outcome. An outcome is recorded as soon as it is known: a repeat asks again for one at most, finds its
 * partnership gone, and goes on. counts: stale.<outcome>.
 */
export const removeStale: Step = async (ports, run) => {
  const sending = await maySend(ports, run)
  if (sending !== 'send') return endStale(ports, run, { counts: { [`notSent.${sending}`]: 1 } })
  const { limits } = reportOf(run)
  const most = (limits?.maxPerRun ?? Infinity) - (run.counts['stale.done'] ?? 0)
  const page = await ports.store.changes(run.connectorId, run.id, '', run.cursor, perMessage)
  if (page.length === 0 || most <= 0) return endStale(ports, run, {})
  const work = page.some(({ outcome }) => outcome === null)
    ? await ports.exchange.converse(run.connectorId, (conversation) => removeSome(ports, conversation, run, page, most))
    : settled(page)
  return { next: 'removeStale', cursor: work.last ?? run.cursor, counts: work.tally }
}

interface Work {
  readonly tally: Tally
  /** Key of the last one that is dealt with; null: none. */
  readonly last: string | null
}

function settled(page: readonly StoredChange[]): Work {
  const tally: Tally = {}
  for (const { outcome } of page) if (outcome) add(tally, `stale.${outcome.state}`)
  return { tally, last: page.at(-1)?.key ?? null }
}

async function removeSome(
  ports: Ports,
  conversation: Conversation,
  run: Run,
  page: readonly StoredChange[],
  most: number,
): Promise<Work> {
  const isOver = deadline(ports.clock)
  const tally: Tally = {}
  let last: string | null = null
  for (const { key, change, outcome: before } of page) {
    if ((last !== null && isOver()) || (tally['stale.done'] ?? 0) >= most) break
    const isNew = before === null && change.kind === 'stale'
    const outcome = isNew ? await removeStaleRecord(ports, conversation, run, change) : before
    if (isNew && outcome) await settle(ports, run, key, outcome)
    if (outcome) add(tally, `stale.${outcome.state}`)
    last = key
  }
  return { tally, last }
}

/** The next full sync must not take what was removed on purpose for an inventory that shrank by itself. */
async function settle(ports: Ports, run: Run, key: string, outcome: Outcome): Promise<void> {
  await ports.store.saveOutcomes(run.connectorId, run.id, new Map([[key, outcome]]))
  if (outcome.state !== 'done') return
  await changeConnector(ports, run.connectorId, (state) => {
    if (!state.inventory) return null
    return { ...state, inventory: { ...state.inventory, records: Math.max(0, state.inventory.records - 1) } }
  })
}
