/** What everything in apply works with: one message's ports, run, conversation and numbers. */
import type { Run } from '../core/run.ts'
import type { Tally } from '../core/tally.ts'
import type { Conversation, Ports } from '../ports.ts'

export interface Applying {
  readonly ports: Ports
  readonly run: Run
  readonly conversation: Conversation
  readonly tally: Tally
  /** The message's time is over: nothing new is begun. */
  readonly isOver: () => boolean
  /** Exchange stayed looser than planned: nobody is taken off the Blocked list for its default or a rule to hold instead. */
  readonly keepsBlocks?: boolean
  /** Called for every change that got its outcome. */
  readonly settled: () => void
}
