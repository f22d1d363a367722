/** Drift: another tool or person changed what easgate set of Exchange's configuration. What is done about it, and the log of it. Pure. */

/** mend: set again. leave: shown only. fighting: somebody sets it back each time; a person is warned instead of another round. */
export type Stance = 'mend' | 'leave' | 'fighting'

/** By the name of the thing: `defaultLevel`, `userMailInsert`, `adminMailRecipients`, `rule:<characteristic>:<text>`, `mailboxPolicy:<name>`. */
export type StanceOf = (thing: string) => Stance

export interface Drift {
  readonly thing: string
  /** What easgate had set. */
  readonly expected: unknown
  /** What stood there; null: nothing. */
  readonly found: unknown
  readonly stance: Stance
}

export interface DriftEntry {
  readonly thing: string
  readonly expected: unknown
  readonly found: unknown
  /** seen: the run that saw it is to mend it, and has not yet. */
  readonly state: 'seen' | 'mended' | 'left' | 'fighting'
  /** ISO-8601 UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  readonly mendedAt: string | null
  /** The run that saw it last. */
  readonly runId: string
}

export interface DriftLog {
  /** Oldest first; the newest, within `maxEntries` and `maxChars`. */
  readonly entries: readonly DriftEntry[]
  /** When each thing was mended, within the last day. */
  readonly mends: Readonly<Record<string, readonly string[]>>
}

export const noDrift: DriftLog = { entries: [], mends: {} }

const maxEntries = 200
/** One row of the tables holds the log. */
const maxChars = 200_000
const dayMs = 24 * 60 * 60_000
/** So many mends within a day, and the next one is a person's. */
const maxMendsADay = 3

/*
 * setting | mended within the last 24 h | asked by | stance
 * leave   | any                         | anybody  | leave
 * mend    | fewer than three times      | anybody  | mend
 * mend    | three times or more         | timer    | fighting
 * mend    | three times or more         | a person | mend
 */
export function stanceBy(setting: 'mend' | 'leave', askedBy: string, { mends }: DriftLog, at: string): StanceOf {
  return (thing) => {
    if (setting === 'leave') return 'leave'
    const times = withinADay(mends[thing] ?? [], at).length
    return times >= maxMendsADay && askedBy === 'timer' ? 'fighting' : 'mend'
  }
}

/** The log with what a run saw; the same run seeing it again changes nothing. */
export function withSeen(log: DriftLog, seen: readonly Drift[], runId: string, at: string): DriftLog {
  return { ...log, entries: seen.reduce((entries, drift) => addSeen(entries, drift, runId, at), log.entries) }
}

function addSeen(entries: readonly DriftEntry[], drift: Drift, runId: string, at: string): readonly DriftEntry[] {
  const { thing, expected, found, stance } = drift
  if (entries.some((entry) => entry.thing === thing && entry.runId === runId)) return entries
  const state = ({ mend: 'seen', leave: 'left', fighting: 'fighting' } as const)[stance]
  const last = entries.findLast((entry) => entry.thing === thing)
  const isSame = last && last.state !== 'mended' && textOf(last) === textOf(drift)
  const firstSeen = isSame ? last.firstSeen : at
  const entry: DriftEntry = { thing, expected, found, state, firstSeen, lastSeen: at, mendedAt: null, runId }
  return newest([...entries.filter((other) => !isSame || other !== last), entry])
}

function newest(entries: readonly DriftEntry[]): readonly DriftEntry[] {
  const kept = entries.slice(-maxEntries)
  while (kept.length > 1 && JSON.stringify(kept).length > maxChars) kept.shift()
  return kept
}

function textOf({ expected, found }: Pick<Drift, 'expected' | 'found'>): string {
  return JSON.stringify([expected, found])
}

/** The log after a run mended the thing; once for each run. */
export function withMended(log: DriftLog, thing: string, runId: string, at: string): DriftLog {
  const isIt = (entry: DriftEntry) => entry.thing === thing && entry.runId === runId && entry.state === 'seen'
  if (!log.entries.some(isIt)) return log
  const mends = Object.entries({ ...log.mends, [thing]: [...(log.mends[thing] ?? []), at] })
  return {
    entries: log.entries.map((entry) => (isIt(entry) ? { ...entry, state: 'mended', mendedAt: at } : entry)),
    mends: Object.fromEntries(
      mends.flatMap(([name, times]) => {
        const recent = withinADay(times, at)
        return recent.length === 0 ? [] : [[name, recent]]
      }),
    ),
  }
}

function withinADay(times: readonly string[], at: string): readonly string[] {
  return times.filter((time) => Date.parse(at) - Date.parse(time) < dayMs)
}
