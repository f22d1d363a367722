/** EAS mailbox policies on record as easgate's own, before and after a command on one of them. Pure. */
import type { OwnMailboxPolicy } from './ownConfiguration.ts'
import type { ConfigurationChange } from './plan.ts'

type PolicyChange = Extract<ConfigurationChange, { kind: 'newPolicy' | 'setPolicy' | 'removePolicy' }>

export function claimPolicy(planned: PolicyChange, own: readonly OwnMailboxPolicy[]): readonly OwnMailboxPolicy[] {
  const { name } = planned
  if (planned.kind === 'newPolicy') {
    const made: OwnMailboxPolicy = { guid: null, name, set: planned.properties, printed: null, isPending: true }
    return [...forgetPolicy(planned, own), made]
  }
  return own.map((policy) => {
    if (!isIt(planned, policy)) return policy
    if (planned.kind === 'removePolicy') return { ...policy, isRemoving: true }
    return { ...policy, set: planned.properties, printed: null, isPending: true }
  })
}

/** `guid`: of the policy that was made. How Exchange prints it is read afterwards. */
export function settledPolicy(
  planned: PolicyChange,
  own: readonly OwnMailboxPolicy[],
  guid?: string,
): readonly OwnMailboxPolicy[] {
  if (planned.kind === 'removePolicy') return forgetPolicy(planned, own)
  return own.map((policy) => {
    if (!isIt(planned, policy)) return policy
    const { isPending: _isPending, ...settled } = policy
    return { ...settled, guid: policy.guid ?? guid ?? null }
  })
}

/** Without it. */
export function forgetPolicy(planned: PolicyChange, own: readonly OwnMailboxPolicy[]): readonly OwnMailboxPolicy[] {
  return own.filter((policy) => !isIt(planned, policy))
}

/** Exchange holds one policy of a name, case ignored. */
function isIt({ name }: PolicyChange, policy: OwnMailboxPolicy): boolean {
  return policy.name.toLowerCase() === name.toLowerCase()
}
