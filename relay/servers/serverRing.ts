/** Which Exchange server the relay is on, and which is next when one fails. A state machine; time is an argument. Pure. */
import type { Failure } from '../powershell/stepReply.ts'

/*
 * The ring is the configured server (the primary) and, after it, the servers that may stand in for it, in order of preference.
 *
 *   on a server                                      then                                          next attempt
 *   a session opens                                  it stays                                      -
 *   accessDenied                                     it stays: the same account would be refused   after 1, 2, 4, 8, 10 min (no lock-out)
 *                                                    everywhere, and each try may count
 *   cmdletHidden, parameterHidden, childFailed       it stays: another server mends none of it     after the host's backoff
 *   throttled, shellLimit, less than 2 min in a row  it stays: Exchange asked to wait              after the host's backoff or what it said
 *   anything else, or those two for longer           the next one that has not failed since a      at once
 *                                                    session last held for a minute
 *   ... and all have failed                          the primary, and all may be tried again       after the host's backoff
 *   none but the primary, or casFailover off         it stays                                      after the host's backoff
 *   on another one, and the primary answers a trial  the primary, when no command runs             at once
 *   ... and the primary does not                     it stays; another trial after 1, 2, 4 ... 30 min. The pause goes on growing when
 *                                                    the primary failed again within half an hour of a return
 */
export interface RingState {
  readonly primary: string
  /** May stand in for the primary, best first. Never the primary itself. */
  readonly others: readonly string[]
  readonly current: string
  /** Why the current one was chosen, for people. */
  readonly reason: string
  /** What the sessions were last open on, since when that server was in use (ms), and why. */
  readonly used: { readonly server: string; readonly sinceMs: number; readonly reason: string } | undefined
  /** When the sessions that are open now, or were until this failure, were opened (ms). */
  readonly openedMs: number | undefined
  readonly failed: readonly string[]
  readonly refusals: number
  readonly strainedMs: number | undefined
  /** Trials of the primary since it last held for long; makes the pause before the next. */
  readonly trials: number
}

export interface Next {
  /** Another server that has not failed lately: to be tried at once. */
  readonly isFresh: boolean
  /** Not before this, whatever the backoff says. */
  readonly waitMs: number
}

const minute = 60_000
const stableMs = minute
const mostStrainMs = 2 * minute
const longestRefusalMs = 10 * minute
const longestTrialMs = 30 * minute
/** A primary that failed sooner than this is trusted less at the next time. */
const soundMs = 30 * minute
const staying = new Set<Failure['category']>(['cmdletHidden', 'parameterHidden', 'childFailed', 'refused'])
const straining = new Set<Failure['category']>(['throttled', 'shellLimit'])

export function newRing(primary: string, others: readonly string[] = []): RingState {
  return {
    primary,
    others,
    current: primary,
    reason: 'it is the configured server',
    used: undefined,
    openedMs: undefined,
    failed: [],
    refusals: 0,
    strainedMs: undefined,
    trials: 0,
  }
}

export function whenLearned(state: RingState, others: readonly string[]): RingState {
  return { ...state, others: others.filter((server) => !isSame(server, state.primary)) }
}

export function whenOpened(state: RingState, nowMs: number): RingState {
  const { current, reason, used } = state
  const isAnother = used === undefined || !isSame(used.server, current)
  return {
    ...state,
    used: isAnother ? { server: current, sinceMs: nowMs, reason } : used,
    openedMs: nowMs,
    refusals: 0,
    strainedMs: undefined,
  }
}

/** A session could not be opened on the current server, or all that were open there broke and none could be opened again. */
export function whenFailed(state: RingState, failure: Failure, nowMs: number): { state: RingState; next: Next } {
  const closed = { ...state, openedMs: undefined }
  if (failure.category === 'accessDenied') {
    const waitMs = Math.min(longestRefusalMs, minute * 2 ** Math.min(state.refusals, 10))
    return { state: { ...closed, refusals: state.refusals + 1 }, next: { isFresh: false, waitMs } }
  }
  if (staying.has(failure.category)) return { state: closed, next: later }
  if (!straining.has(failure.category)) return moveOn(closed, state, failure, nowMs)
  const strainedMs = state.strainedMs ?? nowMs
  if (nowMs - strainedMs < mostStrainMs) return { state: { ...closed, strainedMs }, next: later }
  return moveOn(closed, state, failure, nowMs)
}

/** The primary opened a session in a trial: it is the next to be used. */
export function whenPrimaryAnswers(state: RingState): RingState {
  const { primary: current, trials } = state
  const reason = 'the configured server answers again'
  return { ...state, current, reason, failed: [], refusals: 0, trials: trials + 1 }
}

export function whenTrialFails(state: RingState): RingState {
  return { ...state, trials: state.trials + 1 }
}

/** How long to wait before the next trial of the primary. */
export function trialPauseMs({ trials }: RingState): number {
  return Math.min(longestTrialMs, minute * 2 ** Math.min(trials, 10))
}

export function isAway({ current, primary }: RingState): boolean {
  return !isSame(current, primary)
}

const later: Next = { isFresh: false, waitMs: 0 }

function moveOn(closed: RingState, before: RingState, failure: Failure, nowMs: number) {
  const { primary, others, current } = before
  const heldMs = before.openedMs === undefined ? undefined : nowMs - before.openedMs
  const failed = [...(heldMs !== undefined && heldMs >= stableMs ? [] : before.failed), current]
  const ring = [primary, ...others]
  const at = ring.findIndex((server) => isSame(server, current))
  const fresh = [...ring.slice(at + 1), ...ring.slice(0, at + 1)].find((one) => !failed.some((two) => isSame(one, two)))
  const server = fresh ?? primary
  const why = `${current} failed (${failure.category}): ${failure.message}`
  const state: RingState = {
    ...closed,
    current: server,
    reason: isSame(server, current) ? before.reason : why,
    failed: fresh === undefined ? [] : failed,
    strainedMs: undefined,
    refusals: 0,
    trials: isSame(current, primary) && heldMs !== undefined && heldMs >= soundMs ? 0 : before.trials,
  }
  return { state, next: { isFresh: fresh !== undefined, waitMs: 0 } }
}

/** Names of servers in DNS know no case. */
export function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
