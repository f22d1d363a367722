/** Where the next quick sync goes on, and by what everything stored was decided. Pure. */
import type { ServerState } from './decisionContext.ts'
import { ruleGroups } from './policyGroups.ts'
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
  /** What the index of places holds (indexVersion); with another one everything is read and the index written whole. */
  readonly index: number
}

/** 2: EAS records and pins are in it. 3: one row for each id. */
export const indexVersion = 3

export function groupsText(policy: Policy): string {
  if (!policy.enabled) return ''
  const named = ruleGroups(policy)
  const lists = [[...policy.includedGroups].toSorted(), [...policy.excludedGroups].toSorted()]
  return JSON.stringify(named.length === 0 ? lists : [...lists, named])
}

/**
 * Everything beside the records themselves that a decision depends on, as text: two runs with the same text decide the same record alike. Times count by
 * whether they have passed.
 */
export function basisText(policy: Policy, { defaultLevel, rules }: ServerState, now: Date): string {
  const { settings, notificationHtml: _mail, handedOverRules: _rules, ...rest } = policy
  const {
    limits: _limits,
    notification: _notification,
    stop,
    reportOnly,
    pins: _pins,
    grandfather,
    ...others
  } = settings
  // Decisions depend on Exchange's configuration as it is planned, below; not on what else is set there
  const { exchange: _exchange, mailboxPolicy: _mailboxPolicy, drift: _drift, ...more } = others
  // Nor on when a sync comes, or what is tidied up after it
  const { schedule: _schedule, staleCleanup: _staleCleanup, ...decisive } = more
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
    grandfather && !hasPassed(grandfather.until) && grandfather,
    defaultLevel,
    known.map(String).toSorted(),
  ])
}
