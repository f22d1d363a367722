/** Counts operations: the whole system on this machine with a sample company, a first and a daily full sync, quick syncs, and the ticks of the timers. */
import { seenEveryMs } from '../../functions/exchange/relayApproval.ts'
import type { RunView } from '../../sim/local/app.ts'
import { operationsOf } from '../../sim/local/operations.ts'
import { sampleCompany, type SampleCompany } from '../../sim/local/sampleCompany.ts'
import { connectorId, never, startStack, type Stack } from '../../sim/local/stack.ts'
import { changesPerBusySync, type SizeCounts, type SyncCounts } from './counts.ts'
import { anchorTick, lookBackTo, presenceTick, quickTick } from './countTicks.ts'

/** The sample company has 1.6 records a mailbox. */
const recordsPerMailbox = 1.6

interface CountOptions {
  /** Between two quick syncs. As long as in production, or that a relay was seen is not recorded each time. */
  readonly betweenMs?: number
  /** What was just counted. */
  readonly onProgress: (what: string) => void
}

/** Throws when a sync does not end well or a quick one was not what it was to be. */
export async function countCost(
  devices: number,
  { betweenMs = seenEveryMs + 1_000, onProgress }: CountOptions,
): Promise<SizeCounts> {
  const { policy, ...world } = companyOf(devices)
  const logged: string[] = []
  const onLine = (process: string, line: string) => {
    const at = line.indexOf('{"event"')
    if (process === 'functions' && at !== -1) logged.push(line.slice(at))
  }
  const stack = await startStack({ world, policy, schedules: never, port: 0, parallel: 15, onLine })
  const counted = async (what: string, sync: () => Promise<RunView>): Promise<SyncCounts> => {
    logged.length = 0
    const run = await sync()
    if (run.state !== 'done') throw new Error(`the ${what} ended ${run.state}: ${run.failure?.message ?? ''}`)
    await until(() => logged.some((line) => line.includes('"runDone"') && line.includes(run.id)))
    onProgress(`${devices} devices: ${what}`)
    return { ...operationsOf(run.counts), ...logOf(logged), stepMs: stepMs(logged) }
  }
  const full = () => stack.app.sync({ kind: 'full', approve: true })
  try {
    const firstFull = await counted('first full sync', full)
    const dailyFull = await counted('daily full sync', full)
    await pause(betweenMs)
    await lookBackTo(stack.storage, new Date())
    const tick = await quickTick(stack.storage)
    const idle = await counted('idle quick sync', async () => touching(await ended(stack, await tick.start()), 0))
    const presence = await presenceTick(stack.storage)
    const anchor = await anchorTick(stack.storage)
    await pause(betweenMs)
    const before = new Date()
    await change(stack, world)
    await lookBackTo(stack.storage, before)
    const quick = async () => stack.app.sync({ kind: 'quick', approve: true })
    const busy = await counted('quick sync with changes', async () => touching(await quick(), changesPerBusySync))
    await pause(betweenMs)
    await lookBackTo(stack.storage, before)
    const echo = await counted('quick sync after one with changes', quick)
    await pause(betweenMs)
    await lookBackTo(stack.storage, before)
    const reread = await counted('later quick sync after one with changes', async () => touching(await quick(), 0))
    const ticks = { quickTick: tick.spent(), presenceTick: presence, anchorTick: anchor }
    return { devices, how: 'counted', firstFull, full: dailyFull, idle, busy, echo, reread, ...ticks }
  } finally {
    await stack.stop()
  }
}

/** Without records in discovery, which Exchange leaves within minutes and the simulated one never: each would be decided again at every quick sync. */
function companyOf(devices: number): SampleCompany {
  const company = sampleCompany(new Date(), Math.max(60, Math.round(devices / recordsPerMailbox)))
  const known = company.exchange.devices?.map(({ DeviceAccessState: _state, ...device }) => device)
  return { ...company, exchange: { ...company.exchange, ...(known && { devices: known }) } }
}

async function ended({ app }: Stack, runId: string): Promise<RunView> {
  for (;;) {
    const run = await app.get<RunView>(`/easgate/connectors/${connectorId}/runs/${runId}`)
    if (run.state !== 'running') return run
    await pause(100)
  }
}

/** The run, when it found so many mailboxes with changes. */
function touching(run: RunView, mailboxes: number): RunView {
  const touched = run.counts['found.touchedMailboxes'] ?? 0
  if (touched === mailboxes) return run
  throw new Error(`mailboxes with changes: ${mailboxes} were expected and ${touched} found`)
}

/** Compliant devices of that many people become noncompliant. */
async function change({ urls }: Stack, { graph }: Pick<SampleCompany, 'graph'>): Promise<void> {
  const users = new Map(
    (graph.managedDevices ?? []).flatMap(({ id, userId, complianceState }) =>
      complianceState === 'compliant' ? [[userId, id] as const] : [],
    ),
  )
  const managedDevices = [...users.values()]
    .slice(-changesPerBusySync)
    .map((id) => ({ id, complianceState: 'noncompliant' }))
  const body = JSON.stringify({ managedDevices })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${urls.graph}/_sim/patch`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`the simulated Graph took no change: ${response.status} ${await response.text()}`)
}

function logOf(lines: readonly string[]): { logLines: number; logBytes: number } {
  return { logLines: lines.length, logBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) }
}

function stepMs(lines: readonly string[]): number {
  const steps = lines.filter((line) => line.startsWith('{"event":"stepDone"'))
  return steps.reduce((sum, line) => sum + (JSON.parse(line) as { durationMs: number }).durationMs, 0)
}

/** Lines come through a pipe, a moment after the run's row says that it is done. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tried = 0; tried < 100; tried += 1) {
    if (isSo()) return
    await pause(50)
  }
  throw new Error('the log does not say that the run is done')
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
