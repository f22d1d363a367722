/** A run, start to end, on one screen. Each step is bounded, safe to deliver twice, and says where the run goes on. */
import type { StepName } from '../core/run.ts'
import type { Step } from './step.ts'
import { apply } from './steps/apply.ts'
import { decidePartitions } from './steps/decidePartitions.ts'
import { digest } from './steps/digest.ts'
import { findStale } from './steps/findStale.ts'
import { finish } from './steps/finish.ts'
import { gatherChanges } from './steps/gatherChanges.ts'
import { gatherConfiguration } from './steps/gatherConfiguration.ts'
import { gatherDevices } from './steps/gatherDevices.ts'
import { gatherGroups } from './steps/gatherGroups.ts'
import { gatherMailboxes } from './steps/gatherMailboxes.ts'
import { gatherRecords } from './steps/gatherRecords.ts'
import { gatherUsers } from './steps/gatherUsers.ts'
import { keepApproved } from './steps/keepApproved.ts'
import { limits } from './steps/limits.ts'
import { notify } from './steps/notify.ts'
import { removeStale } from './steps/removeStale.ts'
import { takeLease } from './steps/takeLease.ts'
import { whatIf } from './steps/whatIf.ts'

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
  notify, //              mails to the people whose phones will be held, and those that are due again
  apply, //               four phases; the only step that changes Exchange
  digest, //              one mail to the administrators, at most every hour
  finish, //              numbers, lease, the run that waits
  keepApproved, //        a held plan approved for some groups: the rest of it is dropped
  whatIf, //              instead of all of these: another policy over everything stored, nothing written
  findStale, //           instead of all of these: partnerships without a sync for long, asked for mailbox by mailbox
  removeStale, //         those of them that a person, or a scheduled clean-up, has removed; one after the other
}
