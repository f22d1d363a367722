/** From the status file to an answer: is this relay healthy, and if not, why. Pure. */
import { retirementText, type Retirement } from '../retired.ts'
import { statusEveryMs, type RelayStatus } from '../statusFile.ts'

/** A monitoring agent may rely on these names. */
export type ProblemCode =
  | 'neverRan'
  | 'stopped'
  | 'dead'
  | 'hangs'
  | 'retired'
  | 'starting'
  | 'cloudUnreachable'
  | 'exchangeUnreachable'
  | 'permissionsMissing'

export interface Problem {
  readonly code: ProblemCode
  /** For people. */
  readonly text: string
}

/** What `status --json` prints. Properties are added, never renamed or removed, as long as `format` is 1. */
export interface Health {
  readonly format: 1
  readonly healthy: boolean
  readonly running: boolean
  readonly problems: readonly Problem[]
  /** The status file as the relay wrote it (statusFile.ts); null before its first start. */
  readonly relay: RelayStatus | null
}

export interface HealthFacts {
  readonly relay: RelayStatus | null
  readonly retirement: Retirement | null
  readonly nowMs: number
  readonly isAlive: (pid: number) => boolean
}

/** A relay writes its status every 30 seconds; three times that is silence. */
const staleMs = 3 * statusEveryMs

/*
 * running: its file says so, its process lives, and the file is fresh.
 * not running           | why, and nothing else: the rest of the file is old
 * running               | each of: cloud, Exchange, permissions that are needed
 */
export function healthOf(facts: HealthFacts): Health {
  const { relay } = facts
  const off = whyNotRunning(facts)
  const problems = off ? [off] : relay ? problemsOf(relay) : []
  return { format: 1, healthy: problems.length === 0, running: off === undefined, problems, relay }
}

function whyNotRunning({ relay, retirement, nowMs, isAlive }: HealthFacts): Problem | undefined {
  if (retirement) return { code: 'retired', text: retirementText(retirement) }
  if (!relay) return { code: 'neverRan', text: 'the relay has not run yet; start it, or run easgate-relay install' }
  const { state, pid, updatedAt } = relay
  if (state === 'stopped') return { code: 'stopped', text: `the relay was stopped at ${updatedAt}` }
  if (!isAlive(pid)) return { code: 'dead', text: `the relay ended without being told to, after ${updatedAt}` }
  const silentMs = nowMs - Date.parse(updatedAt)
  if (silentMs <= staleMs) return undefined
  return { code: 'hangs', text: `the relay (process ${pid}) has written no status since ${updatedAt}; restart it` }
}

function problemsOf({ state, cloud, exchange, permissions }: RelayStatus): Problem[] {
  const problems: Problem[] = []
  if (state !== 'running') problems.push({ code: 'starting', text: `the relay is ${state}` })
  if (state === 'running' && (!cloud || cloud.connected === 0)) {
    const why = cloud?.lastError ? `: ${cloud.lastError.reason}` : ''
    problems.push({
      code: 'cloudUnreachable',
      text: `there is no connection to easgate${why}; run easgate-relay check`,
    })
  }
  if (state === 'running' && !exchange.isOpen) {
    const why = exchange.lastFailure ? `: ${exchange.lastFailure.message}` : ''
    problems.push({
      code: 'exchangeUnreachable',
      text: `there is no session to Exchange${why}; run easgate-relay check`,
    })
  }
  const missing = (permissions?.missing ?? []).filter(({ severity }) => severity === 'needed')
  if (missing.length > 0) {
    const names = missing.map(({ cmdlet }) => cmdlet).join(', ')
    const remedy = 'run New-EasgateRoleGroup.ps1 in the Exchange Management Shell'
    problems.push({ code: 'permissionsMissing', text: `the account may not use all of ${names}; ${remedy}` })
  }
  return problems
}
