/** What all conversations of a relay share. */
import type { Logger } from 'pino'
import type { Allowances } from '../protocol/checkCommand.ts'
import type { RelayInfo } from '../protocol/messages.ts'
import type { KeyRing, Signer } from '../protocol/signing.ts'
import type { BatchLedger } from './batchLedger.ts'
import type { CommandRunner } from './powershell/commandRunner.ts'
import type { RetiredState } from './retired.ts'

export interface SessionTimes {
  /** From the open socket to the hello. */
  readonly helloMs: number
  /** Nothing at all came in, neither a frame nor a pong: the other side is gone. */
  readonly silenceMs: number
  /** Rows wait and the reader takes none: it holds sessions of Exchange that others need. */
  readonly stallMs: number
}
export const sessionTimes: SessionTimes = { helloMs: 15_000, silenceMs: 60_000, stallMs: 120_000 }

export interface SessionContext {
  readonly connectorId: string
  readonly signer: Signer
  readonly cloudKeys: KeyRing
  readonly allowed: Allowances
  readonly runner: CommandRunner
  readonly ledger: BatchLedger
  /** Throws a Refusal (busy) while no conversation can be served. */
  readonly relayInfo: () => RelayInfo
  /** Counts a batch's characters against what the relay may hold; throws a Refusal (busy). Returns the function that gives them back. */
  readonly takeRoom: (chars: number) => () => void
  readonly retired: RetiredState
  readonly log: Logger
  readonly now: () => number
  readonly times: SessionTimes
}
