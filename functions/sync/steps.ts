/** A run, start to end, on one screen. Each step is bounded, safe to deliver twice, and says where the run goes on. */
import type { Ports } from '../ports.ts'
import type { Counts, Run, StepName } from '../core/run.ts'
import { apply } from './steps/apply.ts'
import { decidePartitions } from './steps/decidePartitions.ts'
import { finish } from './steps/finish.ts'
import { gatherConfiguration } from './steps/gatherConfiguration.ts'
import { gatherDevices } from './steps/gatherDevices.ts'
import { gatherGroups } from './steps/gatherGroups.ts'
import { gatherMailboxes } from './steps/gatherMailboxes.ts'
import { gatherRecords } from './steps/gatherRecords.ts'
import { gatherUsers } from './steps/gatherUsers.ts'
import { limits } from './steps/limits.ts'
import { takeLease } from './steps/takeLease.ts'

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

export const steps: Readonly<Record<StepName, Step>> = {
  gatherConfiguration, // Exchange's settings, rules, servers, classes
  gatherMailboxes, //     mailboxes first: they tell where everything else belongs
  gatherRecords, //       EAS records
  gatherGroups, //        members of the policy's groups
  gatherUsers, //         users, beside the mailboxes that are theirs
  gatherDevices, //       Intune devices, beside their users' mailboxes
  takeLease, //           one run at a time from here on
  decide: decidePartitions, // match → decide → plan, partition by partition
  limits, //              the whole plan: go on, or hold it
  apply, //               four phases; the only step that sends, and the only place of dry run and stop
  finish, //              numbers, lease, the run that waits
}
