/** Starts the runs that look for stale partnerships, and lets one that a person has looked at remove them. One at a time for a connector. */
import { cutoffOf, type StaleCleanup, type StaleReport } from '../core/stale.ts'
import { newConnector, type ConnectorState, type Run } from '../core/run.ts'
import { defaultPolicy, withDefaults } from '../core/settings.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { checkNotRetired } from './checkNotRetired.ts'
import { changeConnector, readConnector } from './connector.ts'
import { messageFor } from './messageFor.ts'
import { isAlive, newRun } from './startRun.ts'

/** Looks, and changes nothing. One that looks for the same already is shared. Throws AppError conflict, connectorRetired. */
export async function startStalePreview(
  ports: Ports,
  connectorId: string,
  days: number,
  askedBy: string,
): Promise<string> {
  const busy = await staleRunOf(ports, connectorId)
  if (busy?.dryRun && busy.stale?.days === days) return busy.id
  if (busy) throw underWay(busy)
  const run = await newStale(ports, connectorId, { days, limits: null, askedBy })
  if (await begin(ports, run)) return run.id
  const other = await staleRunOf(ports, connectorId)
  throw underWay(other ?? run)
}

/**
 * After a full sync that the timer asked for: the run that looks and then removes, by the settings as they are now. Its id is made of the full run's, so
 * that a repeat starts no second one. What a person does meanwhile goes first: the next scheduled one comes.
 */
export async function startStaleCleanup(ports: Ports, after: Run, cleanup: StaleCleanup | null): Promise<void> {
  const { connectorId, id, kind, mode, askedBy, dryRun } = after
  if (cleanup === null || kind !== 'full' || mode !== 'everything' || askedBy !== 'timer' || dryRun) return
  const runId = `${id}.stale`
  if ((await readConnector(ports, connectorId))?.value.retired) return
  const found = await ports.store.run(connectorId, runId)
  if (found) return resume(ports, found.value)
  const busy = await staleRunOf(ports, connectorId)
  if (busy) return ports.log.info('staleSkipped', { connectorId, runId, busy: busy.id })
  const run = await newStale(ports, connectorId, { days: cleanup.days, limits: cleanup, askedBy })
  await begin(ports, { ...run, id: runId })
}

/** Its message may never have been sent. */
async function resume(ports: Ports, run: Run): Promise<void> {
  if (run.state === 'running') await ports.queue.send(messageFor(run))
}

interface Wanted {
  readonly days: number
  readonly limits: StaleCleanup | null
  readonly askedBy: string
}

async function newStale(ports: Ports, connectorId: string, { days, limits, askedBy }: Wanted): Promise<Run> {
  const like = await newRun(ports, { connectorId, kind: 'full', askedBy, dryRun: limits === null })
  const cutoff = cutoffOf(days, ports.clock.now())
  const nothing = { isWhole: false, records: 0, found: 0, byModel: {}, left: {}, refusal: null }
  const stale: StaleReport = { days, cutoff, limits, ...nothing }
  return { ...like, mode: 'stale', step: 'findStale', stale }
}

/** The run's row first, then the connector's, then the message; false: another was faster. */
async function begin(ports: Ports, run: Run): Promise<boolean> {
  const before = (await readConnector(ports, run.connectorId))?.value.staleRun ?? null
  const etag = await ports.store.saveRun(run, null)
  if (!(await take(ports, run, before))) {
    await ports.store.saveRun({ ...run, state: 'replaced', endedAt: run.startedAt }, etag)
    return false
  }
  await ports.queue.send(messageFor(run))
  return true
}

/** `before`: what stood on the row when nothing was under way. */
async function take(ports: Ports, run: Run, before: string | null): Promise<boolean> {
  const state = await changeConnector(ports, run.connectorId, (now) => {
    checkNotRetired(now)
    return now.staleRun === before ? { ...now, staleRun: run.id } : null
  })
  return state.staleRun === run.id
}

/** The one that is on its way. Throws AppError connectorRetired. */
async function staleRunOf(ports: Ports, connectorId: string): Promise<Run | null> {
  const state: ConnectorState = (await readConnector(ports, connectorId))?.value ?? newConnector(connectorId)
  checkNotRetired(state)
  if (state.staleRun === null || !(await isAlive(ports, connectorId, state.staleRun))) return null
  return (await ports.store.run(connectorId, state.staleRun))?.value ?? null
}

function underWay({ id, connectorId, dryRun, stale }: Run): AppError {
  const what = dryRun
    ? `looking for partnerships without a sync for ${stale?.days} days`
    : 'removing stale partnerships'
  const message = `run ${id} of connector ${connectorId} is ${what}; ask again when it has ended: GET stale/${id}`
  return new AppError('conflict', message)
}

/** A list older than this says little of who synced since. */
const validHours = 24

export interface StaleRemoval {
  readonly runId: string
  /** How many the list still has, as the person saw it. */
  readonly count: number
  readonly by: string
}

/** Lets a preview that is whole remove what it lists. Throws AppError notFound, conflict. */
export async function startStaleRemoval(
  ports: Ports,
  connectorId: string,
  { runId, count, by }: StaleRemoval,
): Promise<void> {
  const found = await ports.store.run(connectorId, runId)
  if (found?.value.mode !== 'stale')
    throw new AppError('notFound', `connector ${connectorId} has no preview "${runId.slice(0, 128)}"`)
  const { value: run, etag } = found
  const busy = await staleRunOf(ports, connectorId)
  if (busy) throw underWay(busy)
  await checkRemovable(ports, run, count)
  const counts = Object.entries(run.counts).filter(([name]) => !/^(stale|notSent)\./.test(name))
  const removal: Run = {
    ...run,
    state: 'running',
    step: 'removeStale',
    dryRun: false,
    cursor: null,
    claim: null,
    position: run.position + 1,
    counts: Object.fromEntries(counts),
    updatedAt: ports.clock.now().toISOString(),
    endedAt: null,
    approvedBy: by,
    failure: null,
  }
  const before = (await readConnector(ports, connectorId))?.value.staleRun ?? null
  if (!(await take(ports, run, before))) throw underWay(run)
  await ports.store.saveRun(removal, etag)
  await ports.queue.send(messageFor(removal))
}

/*
 * the preview                            | answer
 * did not come to its end                | conflict: a list of which a part is missing
 * is of a scheduled clean-up             | taken: what its limits left can be removed by a person who has looked
 * is older than a day                    | conflict: preview again
 * has another number left than was given | conflict, with the number
 */
async function checkRemovable(ports: Ports, run: Run, count: number): Promise<void> {
  const { connectorId, id, stale } = run
  if (!stale?.isWhole) throw new AppError('conflict', `preview ${id} did not come to its end; start another`)
  if (ports.clock.now().getTime() - Date.parse(run.startedAt) > validHours * 3_600_000)
    throw new AppError('conflict', `preview ${id} is older than ${validHours} hours; start another and look at it`)
  const { settings } = withDefaults((await ports.store.document(connectorId, 'policy'))?.value ?? defaultPolicy)
  if (settings.stop || settings.reportOnly)
    throw new AppError(
      'conflict',
      `${settings.stop ? 'stop' : 'reportOnly'} is on: nothing is sent; switch it off first`,
    )
  const open = await countOpen(ports, run)
  if (open === count) return
  const message = `preview ${id} has ${open} partnerships left to remove and not ${count}; look at its list and send that number`
  throw new AppError('conflict', message)
}

const perPage = 1000

/** How many of its list have no outcome yet. */
export async function countOpen({ store }: Pick<Ports, 'store'>, { connectorId, id }: Run): Promise<number> {
  let open = 0
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof store.changes>> = await store.changes(connectorId, id, '', after, perPage)
    open += page.filter(({ outcome }) => outcome === null).length
    after = page.at(-1)?.key ?? null
    if (page.length < perPage) return open
  }
}
