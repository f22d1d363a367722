/** Where the next quick sync goes on, and by what everything stored was decided. Pure. */
import type { ServerState } from './decisionContext.ts'
import type { Policy } from './types.ts'

/** Delta links of the directory; opaque. */
export interface DirectoryBookmark {
  readonly users: string
  readonly groups: readonly string[]
  readonly devices: string
  /** The policy's groups and the groups in them: those whose members are watched. */
  readonly watched: readonly string[]
}

export interface Bookmarks {
  readonly directory: DirectoryBookmark
  /** Everything that changed before this instant has been read. ISO-8601 UTC. */
  readonly readAt: string
  /** The policy's groups as text: with others, nobody's membership is known. */
  readonly groups: string
  /** Where the turn of Intune devices without an Entra device is: the last id that was read. */
  readonly looseAfter: string
  /** Hash of what every stored decision was made by. */
  readonly decidedBy: string
}

export function groupsText({ enabled, includedGroups, excludedGroups }: Policy): string {
  return enabled ? JSON.stringify([[...includedGroups].toSorted(), [...excludedGroups].toSorted()]) : ''
}

/**
 * Everything beside the records themselves that a decision depends on, as text: two runs with the same text decide the same record alike. Times count by
 * whether they have passed.
 */
export function basisText(policy: Policy, { defaultLevel, rules }: ServerState, now: Date): string {
  const { settings, notificationHtml: _mail, ...rest } = policy
  const { limits: _limits, stop, reportOnly, pins, grandfather, ...decisive } = settings
  const hasPassed = (at: string) => Date.parse(at) <= now.getTime()
  const known = rules.map(({ characteristic, queryString, level }) => [
    characteristic,
    queryString.toLowerCase(),
    level,
  ])
  return JSON.stringify([
    rest,
    decisive,
    // Switched off again, what was computed and not sent is due
    stop || reportOnly,
    pins.filter(({ until }) => until === null || !hasPassed(until)),
    grandfather && !hasPassed(grandfather.until) && grandfather,
    defaultLevel,
    known.map(String).toSorted(),
  ])
}
