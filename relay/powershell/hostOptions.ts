/** What the keeper of the PowerShell child is given, and the times it keeps. */
import type { Logger } from 'pino'
import type { Next } from '../servers/serverRing.ts'
import type { Failure } from './stepReply.ts'

export interface HostTimes {
  /** For Import-Module. */
  readonly importMs: number
  /** For Open-Easgate: Kerberos and up to 15 sessions. */
  readonly openMs: number
  /** What a step may take longer than it was told to wait. */
  readonly stepGraceMs: number
  readonly closeMs: number
  /** Wait before the second attempt; doubles up to the longest. */
  readonly firstBackoffMs: number
  readonly longestBackoffMs: number
  /** A child that lived this long starts the backoff afresh. */
  readonly stableMs: number
}

export const hostTimes: HostTimes = {
  importMs: 60_000,
  openMs: 180_000,
  stepGraceMs: 30_000,
  closeMs: 5_000,
  firstBackoffMs: 250,
  longestBackoffMs: 60_000,
  stableMs: 60_000,
}

export interface ServerInUse {
  readonly server: string
  /** ISO 8601, UTC. */
  readonly since: string
  readonly reason: string
}

/** Chooses the server that sessions are opened on (exchangeServers.ts). */
export interface HostServers {
  readonly current: string
  /** How many there are to choose from. */
  readonly count: number
  /** What the sessions were last open on. */
  readonly inUse: ServerInUse | undefined
  /** The configured server is to be used again, as soon as no command runs. */
  readonly wantsMove: boolean
  move(): void
  onOpened(): void
  /** A session could not be opened on the current server, or all of them broke. Changes `current` where another is to be tried. */
  onFailed(failure: Failure): Next
}

export interface HostOptions {
  readonly executable: string
  readonly modulePath: string
  readonly env: NodeJS.ProcessEnv
  /** Passed to Open-Easgate as they are, but for the server that `servers` chooses. */
  readonly settings: { readonly parallel: number; readonly connection: object }
  /** Left out: the server of the settings, and no other. */
  readonly servers?: HostServers
  readonly maxReplyBytes: number
  readonly times: HostTimes
  readonly log: Logger
  readonly now: () => number
  readonly random: () => number
}
