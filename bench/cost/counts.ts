/** What syncs and timers of a company of one size cost in operations: counted by bench/cost/countCost.ts, kept in docs/cost.counts.json. Pure. */
import type { Operations } from '../../sim/local/operations.ts'

export interface SyncCounts extends Operations {
  /** Lines of easgate's log and their UTF-8. */
  readonly logLines: number
  readonly logBytes: number
  /** How long its steps took together, here and against simulators. */
  readonly stepMs: number
}

/** One tick of a timer for one connector, without the run that it starts. */
export interface TickCounts {
  readonly tableRequests: number
  readonly tableOperations: number
  readonly queueSent: number
  readonly logLines: number
  readonly logBytes: number
}

export interface SizeCounts {
  /** EAS records. */
  readonly devices: number
  readonly how: 'counted' | 'extrapolated'
  /** The first one sends what is to be changed everywhere, once; the others come every day. */
  readonly firstFull: SyncCounts
  readonly full: SyncCounts
  readonly idle: SyncCounts
  /** With `changesPerBusySync` devices that changed. */
  readonly busy: SyncCounts
  /** The next one: it finds what the commands of that one changed. */
  readonly echo: SyncCounts
  /** One of those after it, as long as the look-back: it reads the same once more, and finds it as it is stored. */
  readonly reread: SyncCounts
  readonly quickTick: TickCounts
  /** Where a sync has just spoken with the relay. */
  readonly presenceTick: TickCounts
  readonly anchorTick: TickCounts
}

export const changesPerBusySync = 10

/** The straight line through two counted sizes; what it makes smaller than nothing is nothing. */
export function extrapolated(small: SizeCounts, large: SizeCounts, devices: number): SizeCounts {
  const at = (devices - small.devices) / (large.devices - small.devices)
  const line = <T extends object>(a: T, b: T): T =>
    Object.fromEntries(
      Object.entries(a).map(([name, from]: [string, number]) => {
        const to = (b as Record<string, number>)[name] ?? 0
        return [name, Math.max(0, Math.round(from + (to - from) * at))]
      }),
    ) as T
  return {
    devices,
    how: 'extrapolated',
    firstFull: line(small.firstFull, large.firstFull),
    full: line(small.full, large.full),
    idle: line(small.idle, large.idle),
    busy: line(small.busy, large.busy),
    echo: line(small.echo, large.echo),
    reread: line(small.reread, large.reread),
    quickTick: line(small.quickTick, large.quickTick),
    presenceTick: line(small.presenceTick, large.presenceTick),
    anchorTick: line(small.anchorTick, large.anchorTick),
  }
}
