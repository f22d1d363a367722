/** The groups that a policy asks for: whose members are gathered and watched. Pure. */
import type { Owner, Policy } from './types.ts'

/** Groups that the extra rules name, lower case, each once, sorted. */
export function ruleGroups({ settings }: Pick<Policy, 'settings'>): readonly string[] {
  const named = settings.extraRules.flatMap(({ when }) => when.group?.toLowerCase() ?? [])
  return [...new Set(named)].toSorted()
}

/** Every group, each once; none while the policy is off: nobody is in scope then. */
export function policyGroups(policy: Policy): readonly string[] {
  const { enabled, includedGroups, excludedGroups } = policy
  return enabled ? [...new Set([...includedGroups, ...excludedGroups, ...ruleGroups(policy)])] : []
}

/** The policy's groups that a user is in. */
export type GroupsOfUser = Pick<Owner, 'isIncluded' | 'isExcluded' | 'groups'>

/** `groups`: those of the extra rules. */
export function groupsOfUser(isIncluded: boolean, isExcluded: boolean, groups: readonly string[]): GroupsOfUser {
  return { isIncluded, isExcluded, ...(groups.length > 0 && { groups: groups.toSorted() }) }
}
