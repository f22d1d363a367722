/** What the keeper of the PowerShell child is given, and the times it keeps. */
import type { Logger } from 'pino'

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

export interface HostOptions {
  readonly executable: string
  readonly modulePath: string
  readonly env: NodeJS.ProcessEnv
  /** Passed to Open-Easgate as they are. */
  readonly settings: { readonly parallel: number; readonly connection: object }
  readonly maxReplyBytes: number
  readonly times: HostTimes
  readonly log: Logger
  readonly now: () => number
  readonly random: () => number
}
