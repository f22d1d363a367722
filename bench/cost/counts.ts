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

/**
 * A size beyond two that were counted. Full syncs are on the straight line through both; quick syncs and ticks do not grow with the size (bench `quick`),
 * so theirs is the larger of both counts, and what differs between them by chance is not made ten times as much.
 */
export function extrapolated(small: SizeCounts, large: SizeCounts, devices: number): SizeCounts {
  const at = (devices - small.devices) / (large.devices - small.devices)
  const line = <T extends object>(a: T, b: T) =>
    each(a, b, (from, to) => Math.max(0, Math.round(from + (to - from) * at)))
  const larger = <T extends object>(a: T, b: T) => each(a, b, Math.max)
  return {
    devices,
    how: 'extrapolated',
    firstFull: line(small.firstFull, large.firstFull),
    full: line(small.full, large.full),
    idle: larger(small.idle, large.idle),
    busy: larger(small.busy, large.busy),
    echo: larger(small.echo, large.echo),
    reread: larger(small.reread, large.reread),
    quickTick: larger(small.quickTick, large.quickTick),
    presenceTick: larger(small.presenceTick, large.presenceTick),
    anchorTick: larger(small.anchorTick, large.anchorTick),
  }
}

/** Both have the same names, and numbers only. */
function each<T extends object>(a: T, b: T, join: (a: number, b: number) => number): T {
  const other = b as Record<string, number>
  return Object.fromEntries(
    Object.entries(a).map(([name, number]: [string, number]) => [name, join(number, other[name] ?? Number.NaN)]),
  ) as T
}
