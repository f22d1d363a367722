/** The plan as a whole against the limits: a broken source looks exactly like a mass change (design.md 7). Pure. */
import type { Inventory } from './run.ts'

/** A connector's own, with defaults in settings.ts. */
export interface Limits {
  /** Share (0–1) of the now-allowed records that may lose access in one run. */
  readonly maxLosingShare: number
  /** The share counts from this many now-allowed records on. */
  readonly minPopulation: number
  /** How many records may lose access in one run. */
  readonly maxLosing: number
  /** Share (0–1) by which an inventory may shrink against the last complete run. */
  readonly maxShrinkShare: number
  /** How many mailboxes may get another EAS mailbox policy in one run: a stricter one keeps phones out, whatever the lists say. */
  readonly maxPolicyAssignments: number
  /** How long a held plan waits for a person's word. */
  readonly heldHours: number
}

export interface PlanNumbers {
  /** Records that Exchange lets in now, in scope or not. */
  readonly nowAllowed: number
  /** Of these, records that would lose access. */
  readonly losing: number
  /** Mailboxes that would get another EAS mailbox policy; left out: none. */
  readonly reassigned?: number
  readonly inventory: Inventory
  /** Of the last complete run; null at the first. */
  readonly lastInventory: Inventory | null
  readonly includedGroups: readonly string[]
}

export interface LimitRefusal {
  readonly limit: 'losingShare' | 'losingNumber' | 'shrunkInventory' | 'emptyGroup' | 'policyAssignments'
  /** Which inventory or group; null where there is only one. */
  readonly what: string | null
  readonly number: number
  readonly of: number
  readonly allowed: number
  readonly message: string
}

/*
 * limit            | refused when
 * losingNumber     | more than maxLosing records lose access
 * losingShare      | at least minPopulation are allowed now, and more than maxLosingShare of them lose access
 * shrunkInventory  | records, Intune devices or users in scope shrank by more than maxShrinkShare, from at least minPopulation
 * policyAssignments | more than maxPolicyAssignments mailboxes get another EAS mailbox policy
 * emptyGroup       | an included group had members at the last complete run and has none now
 */

/** The first limit that the plan breaks, with numbers and remedy; null when it may go on. */
export function checkLimits(numbers: PlanNumbers, limits: Limits): LimitRefusal | null {
  return (
    checkInventory(numbers, limits) ??
    checkGroups(numbers) ??
    checkLosing(numbers, limits) ??
    checkAssignments(numbers, limits)
  )
}

const remedy =
  'Look at the plan; if it is what you want, approve this run, else reject it. The limit is a setting of the connector.'

function checkLosing({ nowAllowed, losing }: PlanNumbers, limits: Limits): LimitRefusal | null {
  if (losing > limits.maxLosing) {
    const message = `${losing} devices would lose access in one run; the limit is ${limits.maxLosing}. ${remedy}`
    return { limit: 'losingNumber', what: null, number: losing, of: nowAllowed, allowed: limits.maxLosing, message }
  }
  if (nowAllowed < limits.minPopulation || losing <= nowAllowed * limits.maxLosingShare) return null
  const message = `${losing} of ${nowAllowed} allowed devices (${percent(losing / nowAllowed)}) would lose access; the limit is ${percent(limits.maxLosingShare)}. ${remedy}`
  return { limit: 'losingShare', what: null, number: losing, of: nowAllowed, allowed: limits.maxLosingShare, message }
}

function checkAssignments({ reassigned = 0 }: PlanNumbers, { maxPolicyAssignments }: Limits): LimitRefusal | null {
  if (reassigned <= maxPolicyAssignments) return null
  const message = `${reassigned} mailboxes would get another EAS mailbox policy; the limit is ${maxPolicyAssignments}. ${remedy}`
  return {
    limit: 'policyAssignments',
    what: null,
    number: reassigned,
    of: reassigned,
    allowed: maxPolicyAssignments,
    message,
  }
}

function checkInventory({ inventory, lastInventory }: PlanNumbers, limits: Limits): LimitRefusal | null {
  if (!lastInventory) return null
  const kinds = [
    ['EAS records', inventory.records, lastInventory.records],
    ['Intune devices', inventory.intuneDevices, lastInventory.intuneDevices],
    ['users in scope', inventory.usersInScope, lastInventory.usersInScope],
  ] as const
  for (const [what, now, last] of kinds) {
    if (last < limits.minPopulation || now >= last * (1 - limits.maxShrinkShare)) continue
    const message = `only ${now} ${what} were found, ${last} at the last complete run (${percent(1 - now / last)} fewer); the limit is ${percent(limits.maxShrinkShare)}. ${remedy}`
    return { limit: 'shrunkInventory', what, number: now, of: last, allowed: limits.maxShrinkShare, message }
  }
  return null
}

function checkGroups({ inventory, lastInventory, includedGroups }: PlanNumbers): LimitRefusal | null {
  for (const group of includedGroups) {
    const last = lastInventory?.groupSizes[group] ?? 0
    if (last === 0 || (inventory.groupSizes[group] ?? 0) > 0) continue
    const message = `the included group ${group} has no members; it had ${last} at the last complete run. ${remedy}`
    return { limit: 'emptyGroup', what: group, number: 0, of: last, allowed: 0, message }
  }
  return null
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
