/** One phase of apply: chunk after chunk, the next one prepared while the one before runs. */
import { delayCount } from '../core/delay.ts'
import type { Outcome, Phase } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import { add, type Tally } from '../core/tally.ts'
import type { Ports } from '../ports.ts'
import type { Place, StoredChange } from '../portsStore.ts'
import { dueAfter } from './changes/due.ts'
import type { Applying } from './applying.ts'
import { applyAssignments } from './applyAssignments.ts'
import { applyConfiguration } from './applyConfiguration.ts'
import { prepareLists, runLists } from './applyLists.ts'
import { auditSettled } from './auditCommands.ts'

/**
 * One batch: enough to keep fifteen runspaces busy while the next is prepared, few enough to be done in seconds. One transaction takes 99 audit rows, and one filter
 * as many mailboxes.
 */
const changesPerChunk = 99

/**
 * Configuration changes come first in key order and are sent one by one; mailboxes follow in chunks, two on the way at a time, so that the relay
 * never waits for us. Returns when nothing is on the way any more. Throws what broke the conversation, after everything that arrived is recorded.
 */
export async function applyPhase(applying: Applying, phase: Phase): Promise<void> {
  const { ports, run, isOver } = applying
  let after: string | null = null
  const onTheWay: Promise<void>[] = []
  try {
    for (let isLast = false; !isLast && !isOver();) {
      const page: readonly StoredChange[] = await ports.store.changes(
        run.connectorId,
        run.id,
        prefixOf(phase),
        after,
        changesPerChunk,
      )
      after = page.at(-1)?.key ?? null
      if (after === null) break
      isLast = page.length < changesPerChunk
      const open = page.filter((change) => change.outcome === null)
      await applyConfiguration(applying, open)
      await applyAssignments(applying, open)
      const prepared = await prepareLists(applying, open)
      if (!prepared) continue
      if (onTheWay.length === 2) await onTheWay.shift()
      const running = runLists(applying, prepared)
      running.catch(() => undefined) // awaited below, or in its turn
      onTheWay.push(running)
    }
  } finally {
    await Promise.allSettled(onTheWay)
  }
  await Promise.all(onTheWay)
}

/** The first phase from this one on in which a change has no outcome yet. */
export async function nextOpenPhase({ store }: Ports, run: Run, from: Phase): Promise<Phase | null> {
  for await (const page of pagesOf(store, run, '', from === 1 ? null : prefixOf(from))) {
    const open = page.find(({ outcome }) => outcome === null)?.change
    if (open && 'phase' in open) return open.phase
  }
  return null
}

/** Gives every change of the phase that has no outcome the outcome failed. */
export async function giveUp(ports: Ports, run: Run, phase: Phase, message: string, tally: Tally): Promise<void> {
  for await (const page of pagesOf(ports.store, run, prefixOf(phase))) {
    const outcome: Outcome = { state: 'failed', at: ports.clock.now().toISOString(), message }
    const open = page.filter((change) => change.outcome === null)
    await auditSettled(
      { ports, run },
      open.map(({ key }) => ({ id: key, subject: run.connectorId, outcome })),
    )
    await ports.store.saveOutcomes(run.connectorId, run.id, new Map(open.map(({ key }) => [key, outcome])))
    if (open.length > 0) add(tally, 'outcome.failed', open.length)
  }
}

/** Sorts before every key of the phase. */
function prefixOf(phase: Phase): string {
  return `${phase}|`
}

const changesPerPage = 1_000

async function* pagesOf(
  store: Ports['store'],
  run: Run,
  prefix: string,
  from: string | null = null,
): AsyncGenerator<readonly StoredChange[]> {
  let after = from
  for (let isLast = false; !isLast;) {
    const page: readonly StoredChange[] = await store.changes(run.connectorId, run.id, prefix, after, changesPerPage)
    if (page.length > 0) yield page
    after = page.at(-1)?.key ?? null
    isLast = page.length < changesPerPage
  }
}

export interface Outcomes {
  readonly outcomes: Tally
  /** Mailboxes to be tried again. */
  readonly due: readonly Place[]
  /** Records that kept their access, as the change that was to end it was not made. */
  readonly notLost: number
  /** Mailboxes that got another EAS mailbox policy. */
  readonly reassigned: number
}

export const noOutcomes: Outcomes = { outcomes: {}, due: [], notLost: 0, reassigned: 0 }

/** How many changes of the run ended how, by the rows themselves: a message that died took its own numbers with it. */
export async function countOutcomes({ store, clock }: Pick<Ports, 'store' | 'clock'>, run: Run): Promise<Outcomes> {
  const counts: Tally = {}
  let [notLost, reassigned] = [0, 0]
  const due = new Map<string, Place>()
  const nowMs = clock.now().getTime()
  for await (const page of pagesOf(store, run, '')) {
    for (const change of page) {
      const isMade = change.outcome?.state === 'done' || change.outcome?.state === 'verified'
      if (change.change.kind === 'lists' && !isMade) notLost += change.change.losing ?? 0
      if (change.change.kind === 'assignment' && isMade) reassigned += 1
      if (change.outcome) add(counts, `outcome.${change.outcome.state}`)
      const delayMs = delayMsOf(change)
      if (delayMs !== null) add(counts, delayCount(delayMs))
      for (const place of dueAfter(change, nowMs)) due.set(`${place.id}|${place.mailboxGuid}`, place)
    }
  }
  return { outcomes: counts, due: [...due.values()], notLost, reassigned }
}

/** From the change to the end of its command; null where no command ended well, or nobody knows since when. */
function delayMsOf({ change, outcome }: StoredChange): number | null {
  if (change.kind !== 'lists' || change.changedAt === undefined || outcome?.state !== 'done') return null
  return Date.parse(outcome.at) - Date.parse(change.changedAt)
}
