/** What the command runner is given for each command, and what it gives back. */
import type { ParameterValue } from '../../protocol/values.ts'
import type { Lane } from './fairQueue.ts'
import type { Outcome } from './stepReply.ts'

export interface RunnerCommand {
  readonly cmdlet: string
  readonly parameters: Readonly<Record<string, ParameterValue>>
  /** The properties to send back of each object. */
  readonly returns: readonly string[]
  /** The cloud side's run: it stands in the command's key, so the module reports it with every row and outcome. */
  readonly runId?: string | undefined
  /** A command that Exchange says nothing of for this long is stopped. The time in which its reader is slow does not count. */
  readonly silenceMs: number
  /** Not to be started at or after this; read when the command is handed to the module. ISO 8601, UTC. */
  notAfter(): string
  /** True while its reader wants no more rows. */
  isHeld(): boolean
  /** One object. `chars`: its length as JSON text. */
  onRow(row: Record<string, unknown>, chars: number): void
  /** How it ended; called once, after its last row. Not called after `cancel` or a `withdraw` that worked. */
  onDone(outcome: Outcome): void
}

/** One batch's access to the runner. Commands of all batches run in turn; within a batch they start in order. */
export interface RunnerLane {
  add(command: RunnerCommand): Ticket
}

export interface Ticket {
  /** Takes the command back if it has not been handed to the module yet; false when it has. */
  withdraw(): boolean
  /** Takes the command back or stops it. For reads: a change that is stopped has an unknown outcome. */
  cancel(): void
}

/** A command on its way; the runner's own. */
export interface Pending {
  readonly key: string
  readonly command: RunnerCommand
  readonly lane: Lane<Pending>
  /** Nobody waits for it any more. */
  isCancelled: boolean
  /** When it was last heard of; the time before it runs and the time in which it is held count as heard. */
  heardMs: number
  /** When the module was asked to stop it because it was silent. */
  stoppedMs: number | undefined
}
