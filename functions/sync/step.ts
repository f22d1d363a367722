/** What a step of a run gets and gives. */
import type { Counts, Run, StepName } from '../core/run.ts'
import type { Ports } from '../ports.ts'

/** Where a run goes on after a step, and what the step found. */
export interface StepResult {
  /** The next step; the same name goes on at `cursor`; null ends the chain of messages. */
  readonly next: StepName | null
  readonly cursor?: string | null
  /** Added to the run's numbers. */
  readonly counts?: Counts
  readonly patch?: Partial<Run>
  /** How long the next message waits. */
  readonly delaySeconds?: number
}

/** `attempt` names this delivery: pages staged by a delivery that broke are never read. */
export type Step = (ports: Ports, run: Run, attempt: string) => Promise<StepResult>
