/** A Graph user as the core knows it (facts D3). One odd property never costs a row: only a missing id is an error. Pure. */
import * as z from 'zod'
import { isLicensed, type AssignedPlan } from '../core/license.ts'
import type { User } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { fromGraphId, list, text } from './fromGraphValues.ts'

/** What `fromGraphUser` reads; all but id and names come only when asked for. */
export const userProperties = [
  'id',
  'userPrincipalName',
  'displayName',
  'mail',
  'proxyAddresses',
  'assignedPlans',
  'onPremisesDistinguishedName',
  'onPremisesSecurityIdentifier',
  'preferredLanguage',
] as const

const graphUser = z.looseObject({
  id: z.string().min(1),
  userPrincipalName: text,
  displayName: text,
  mail: text,
  proxyAddresses: list,
  assignedPlans: list,
  onPremisesDistinguishedName: text,
  onPremisesSecurityIdentifier: text,
  preferredLanguage: text,
})

const graphPlan = z.looseObject({ servicePlanId: text, capabilityStatus: text })

/** Throws AppError incompleteInventory on a row without an id: such a list is not to be trusted. */
export function fromGraphUser(row: unknown, intunePlanIds: readonly string[]): User {
  const parsed = graphUser.safeParse(row)
  if (!parsed.success)
    throw new AppError('incompleteInventory', 'Graph sent a user without an id; nothing is decided on such a list.')
  const user = parsed.data
  return {
    id: fromGraphId(user.id),
    upn: user.userPrincipalName,
    displayName: user.displayName,
    addresses: addressesOf(user.mail, user.proxyAddresses),
    dn: user.onPremisesDistinguishedName,
    sid: user.onPremisesSecurityIdentifier,
    isLicensed: isLicensed(plansOf(user.assignedPlans), intunePlanIds),
    ...(user.preferredLanguage && { language: user.preferredLanguage.toLowerCase() }),
  }
}

/** Addresses are opaque text: lower case, each once, sorted, so that a list in another order is the same list. */
function addressesOf(mail: string | null, proxyAddresses: readonly unknown[]): string[] {
  const smtp = proxyAddresses
    .filter((entry) => typeof entry === 'string')
    .filter((entry) => /^smtp:/i.test(entry))
    .map((entry) => entry.slice('smtp:'.length))
  const all = [mail ?? '', ...smtp].map((address) => address.toLowerCase()).filter((address) => address !== '')
  return [...new Set(all)].toSorted()
}

function plansOf(rows: readonly unknown[]): AssignedPlan[] {
  return rows.flatMap((row) => {
    const plan = graphPlan.safeParse(row)
    return plan.success ? [plan.data] : []
  })
}
