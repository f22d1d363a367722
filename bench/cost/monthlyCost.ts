/** What a month costs: counted operations times how often they happen, times prices. Pure. */
import { changesPerBusySync, type SizeCounts, type SyncCounts, type TickCounts } from './counts.ts'
import type { Billed, Inputs, Price, Usage } from './inputs.ts'

/** How often in a month. */
export interface Occasions {
  readonly full: number
  readonly idle: number
  readonly busy: number
  readonly echo: number
  readonly reread: number
  readonly quickTick: number
  readonly presenceTick: number
  readonly anchorTick: number
  readonly fullTick: number
}

export interface Month {
  readonly occasions: Occasions
  readonly tableRequests: number
  readonly graphRequests: number
  readonly relayConversations: number
  readonly relayCommands: number
  /** What is billed, in the units of the prices. */
  readonly billed: Readonly<Record<Billed, number>>
}

/*
 * quick syncs of the month             | which
 * one for every ten changes            | busy
 * the one after a busy one             | echo, as far as there are so many
 * the others in the look-back after it | reread, likewise
 * the others                           | idle
 * More changes than that: as if there were more quick syncs, which is dearer than larger ones.
 */
export function occasionsOf(devices: number, usage: Usage): Occasions {
  const minutes = usage.daysPerMonth * 24 * 60
  const quick = minutes / Math.max(usage.quickMinutes, usage.quickTimerMinutes)
  const busy = (devices * usage.changesPerDeviceAndDay * usage.daysPerMonth) / changesPerBusySync
  const looksBack = Math.ceil(usage.lookBackMinutes / Math.max(usage.quickMinutes, usage.quickTimerMinutes))
  const echo = Math.min(Math.max(0, quick - busy), busy)
  const reread = Math.min(Math.max(0, quick - busy - echo), busy * Math.max(0, looksBack - 1))
  return {
    full: usage.fullSyncsPerDay * usage.daysPerMonth,
    idle: Math.max(0, quick - busy - echo - reread),
    busy,
    echo,
    reread,
    quickTick: minutes / usage.quickTimerMinutes,
    presenceTick: minutes / usage.presenceMinutes,
    anchorTick: usage.daysPerMonth * 24,
    fullTick: usage.fullSyncsPerDay * usage.daysPerMonth,
  }
}

export function monthOf(counts: SizeCounts, usage: Usage): Month {
  const occasions = occasionsOf(counts.devices, usage)
  const syncs = (['full', 'idle', 'busy', 'echo', 'reread'] as const).map(
    (name) => [counts[name], occasions[name]] as const,
  )
  const ticks = [
    [counts.quickTick, occasions.quickTick],
    [counts.presenceTick, occasions.presenceTick],
    [counts.anchorTick, occasions.anchorTick],
    // The same tick, with a full sync to start
    [counts.quickTick, occasions.fullTick],
  ] as const
  const ofSyncs = (name: keyof SyncCounts) => total(syncs.map(([sync, times]) => sync[name] * times))
  const ofAll = (name: keyof TickCounts) => ofSyncs(name) + total(ticks.map(([tick, times]) => tick[name] * times))
  const timers = total(ticks.map(([, times]) => times))
  const invocations = ofSyncs('invocations') + timers
  const minutes = usage.daysPerMonth * 24 * 60
  const activeSeconds =
    total(syncs.map(([sync, times]) => secondsOf(sync, usage) * times)) + timers * usage.leastBilledSeconds
  const logBytes =
    ofAll('logBytes') + ofAll('logLines') * usage.logRowOverheadBytes + invocations * usage.hostLogBytesPerInvocation
  return {
    occasions,
    tableRequests: ofAll('tableRequests'),
    graphRequests: ofSyncs('graphRequests'),
    relayConversations: ofSyncs('relayConversations'),
    relayCommands: ofSyncs('relayCommands'),
    billed: {
      tableOperations: ofAll(usage.transactionIsBilledAs === 'rows' ? 'tableOperations' : 'tableRequests'),
      // A message is sent, received and deleted
      queueOperations: ofAll('queueSent') + 2 * ofSyncs('queueReceived') + usage.queuePollsPerMinute * minutes,
      blobOperations: occasions.anchorTick + usage.hostBlobOperationsPerMinute * minutes,
      functionGbSeconds: activeSeconds * usage.instanceGb,
      functionExecutions: invocations,
      relayListeners: usage.relays,
      relayGb: ofSyncs('relayBytes') / 1e9,
      logGb: logBytes / 1e9,
      alertRulesOften: usage.alertRulesEvery5Minutes,
      alertRulesRare: usage.alertRulesEvery15MinutesOrRarer,
      keyVaultOperations: usage.keyVaultOperationsPerDay * usage.daysPerMonth,
    },
  }
}

/** Each message by itself on an instance, which is billed for its least time at least. */
function secondsOf({ invocations, stepMs }: SyncCounts, { leastBilledSeconds, slowdown }: Usage): number {
  return Math.max(invocations * leastBilledSeconds, (stepMs / 1000) * slowdown)
}

export interface Cost {
  readonly lines: readonly { readonly billed: Billed; readonly cost: number }[]
  readonly total: number
}

/** In the currency of the prices; the dearest line first. */
export function costOf({ billed }: Month, { prices, usage }: Inputs): Cost {
  const lines = (Object.keys(prices) as Billed[]).map((name) => {
    const free = name === 'relayGb' ? prices[name].free * usage.relays : prices[name].free
    return { billed: name, cost: costOfOne(billed[name], { ...prices[name], free }) }
  })
  return { lines: lines.toSorted((a, b) => b.cost - a.cost), total: total(lines.map(({ cost }) => cost)) }
}

function costOfOne(amount: number, { price, per, free }: Price): number {
  return (Math.max(0, amount - free) / per) * price
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
