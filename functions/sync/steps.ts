/** A run, start to end, on one screen. Each step is bounded, safe to deliver twice, and says where the run goes on. */
import type { StepName } from '../core/run.ts'
import type { Step } from './step.ts'
import { apply } from './steps/apply.ts'
import { decidePartitions } from './steps/decidePartitions.ts'
import { finish } from './steps/finish.ts'
import { gatherChanges } from './steps/gatherChanges.ts'
import { gatherConfiguration } from './steps/gatherConfiguration.ts'
import { gatherDevices } from './steps/gatherDevices.ts'
import { gatherGroups } from './steps/gatherGroups.ts'
import { gatherMailboxes } from './steps/gatherMailboxes.ts'
import { gatherRecords } from './steps/gatherRecords.ts'
import { gatherUsers } from './steps/gatherUsers.ts'
import { limits } from './steps/limits.ts'
import { takeLease } from './steps/takeLease.ts'

export const steps: Readonly<Record<StepName, Step>> = {
  gatherChanges, //       quick sync: only what changed; all of it in one step
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
