/** The only step of a what-if: everything stored, decided by the saved policy and by the proposed one. Reads rows and groups, writes its run's row alone. */
import { decideMailbox } from '../../core/decideMailbox.ts'
import type { DecisionContext } from '../../core/decisionContext.ts'
import { checkLimits } from '../../core/limits.ts'
import { partitionCount } from '../../core/partition.ts'
import { takenPins } from '../../core/pin.ts'
import { policyGroups } from '../../core/policyGroups.ts'
import type { Run } from '../../core/run.ts'
import { defaultPolicy, withDefaults } from '../../core/settings.ts'
import type { Owner, Policy } from '../../core/types.ts'
import { emptyReport, withMailbox, type WhatIfReport } from '../../core/whatIf.ts'
import type { Ports } from '../../ports.ts'
import { readConnector } from '../connector.ts'
import { assigningFor } from '../assigningFor.ts'
import { deadline } from '../deadline.ts'
import { groupMembers } from '../groupMembers.ts'
import { contextOf, planFor } from '../planFor.ts'
import { storedMailboxes, type StoredMailbox } from '../storedMailboxes.ts'
import type { Step } from '../step.ts'

type Members = ReadonlyMap<string, ReadonlySet<string>>

/** The cursor counts the partitions that are done. */
export const whatIf: Step = async (ports, run) => {
  const isOver = deadline(ports.clock)
  const first = Number(run.cursor ?? 0)
  const members = await groupMembers(ports, policyGroups(run.policy))
  const saved = withDefaults((await ports.store.document(run.connectorId, 'policy'))?.value ?? defaultPolicy)
  const proposed = await planFor(ports, run)
  const contexts = {
    saved: contextOf(ports, { ...run, policy: saved }, await planFor(ports, { ...run, policy: saved })),
    proposed: contextOf(ports, run, proposed, await assigningFor(ports, run, proposed)),
  }
  let report: WhatIfReport = run.report ?? { ...emptyReport, configuration: proposed.changes }
  let next = first
  while (next < partitionCount && (next === first || !isOver())) {
    const mailboxes = storedMailboxes(await ports.store.rows(run.connectorId, next))
    for (const mailbox of mailboxes) report = withMailbox(report, compare(mailbox, contexts, run.policy, members))
    next += 1
  }
  if (next < partitionCount) return { next: 'whatIf', cursor: String(next), patch: { report } }
  const groupSizes = Object.fromEntries([...members].map(([group, ids]) => [group, ids.size]))
  const refusal = await refusalOf(ports, { ...run, groupSizes }, report)
  const endedAt = ports.clock.now().toISOString()
  return { next: null, patch: { state: 'done', endedAt, report, refusal, groupSizes } }
}

function compare(
  mailbox: StoredMailbox,
  contexts: { readonly saved: DecisionContext; readonly proposed: DecisionContext },
  policy: Policy,
  members: Members,
) {
  const { guid, facts } = mailbox
  const run = { id: 'whatIf', kind: 'quick' } as const
  const candidates = facts.candidates.map((owner) => inGroups(owner, policy, members))
  const records = facts.records.map(({ record }) => record.guid)
  const listed = takenPins(records, facts.pins, policy.settings.pins, contexts.proposed.nowMs)
  const proposed = decideMailbox({ ...facts, candidates, pins: [...listed, ...facts.pins] }, contexts.proposed, run)
  const userId = proposed.owner?.user.id
  const groups = userId === undefined ? [] : [...members].flatMap(([group, ids]) => (ids.has(userId) ? [group] : []))
  return { guid, facts, saved: decideMailbox(facts, contexts.saved, run), proposed, groups }
}

/** The stored row knows the groups of the policy that the last sync went by; these are the proposed one's. */
function inGroups(owner: Owner, { enabled, includedGroups, excludedGroups }: Policy, members: Members): Owner {
  const isIn = (groups: readonly string[]) =>
    enabled && groups.some((group) => members.get(group.toLowerCase())?.has(owner.user.id) ?? false)
  const groups = [...members].flatMap(([group, ids]) => (ids.has(owner.user.id) ? [group] : []))
  return { ...owner, isIncluded: isIn(includedGroups), isExcluded: isIn(excludedGroups), groups }
}

/**
 * The limits' verdict on the edit. That fewer users are in scope is not in it: users without a mailbox count there, and those are not stored.
 */
async function refusalOf(ports: Ports, run: Run, { nowAllowed, losing, reassigned }: WhatIfReport) {
  const last = (await readConnector(ports, run.connectorId))?.value.inventory ?? null
  const sizes = Object.fromEntries(
    run.policy.includedGroups.map((group) => [group, run.groupSizes[group.toLowerCase()] ?? 0]),
  )
  const numbers = {
    nowAllowed,
    losing,
    reassigned,
    inventory: { records: 0, intuneDevices: 0, usersInScope: 0, ...last, groupSizes: sizes },
    lastInventory: last,
    includedGroups: run.policy.enabled ? run.policy.includedGroups : [],
  }
  return checkLimits(numbers, run.policy.settings.limits)
}
