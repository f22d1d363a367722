/** What easgate made of Exchange's configuration: on record before the command that makes it, off the record when it was not made. */
import type { ConfigurationChange } from '../core/plan.ts'
import { nothingOwned, type OwnConfiguration } from '../core/ownConfiguration.ts'
import { claimPolicy, forgetPolicy, settledPolicy } from '../core/ownPolicies.ts'
import { printedOf } from '../core/planMailboxPolicy.ts'
import { claimRule, settledRule, unclaimedRule } from '../core/ownRules.ts'
import { claimValue, settledValue } from '../core/planValue.ts'
import type { ExchangeConfiguration } from '../core/types.ts'
import type { Ports } from '../ports.ts'

export async function readOwnConfiguration(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
): Promise<OwnConfiguration> {
  // What a newer version records, an older one did not
  return { ...nothingOwned, ...(await store.document(connectorId, 'own'))?.value }
}

export async function saveOwnConfiguration(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  own: OwnConfiguration,
): Promise<void> {
  await change(ports, connectorId, () => own)
}

/*
 * change       | on record before it is sent                       | after it was done         | after it certainly was not
 * a setting    | the value set; what stood there first is kept     | forgotten, where it       | as before
 *              |                                                   | brings the old one back   |
 * newRule      | the rule, without Guid                            | the Guid                  | as before
 * setRule      | the level set, and the one that stands there      | the level set             | as before
 * removeRule   | that it goes                                      | forgotten                 | as before
 * newPolicy    | the policy, without Guid                          | the Guid, how it prints   | as before
 * setPolicy    | the properties set                                | how it prints             | as before
 * removePolicy | that it goes                                      | forgotten                 | as before
 * Nobody knows whether it was done: the record stays, and the next plan goes by what stands there.
 */
export async function claimConfiguration(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  planned: ConfigurationChange,
): Promise<void> {
  await change(ports, connectorId, (own) => {
    switch (planned.kind) {
      case 'defaultLevel':
        return { ...own, defaultLevel: claimValue(planned, own.defaultLevel) }
      case 'userMailInsert':
        return { ...own, userMailInsert: claimValue(planned, own.userMailInsert) }
      case 'adminMailRecipients':
        return { ...own, adminMailRecipients: claimValue(planned, own.adminMailRecipients) }
      case 'newRule':
      case 'setRule':
      case 'removeRule':
        return { ...own, rules: claimRule(planned, own.rules) }
      default:
        return { ...own, mailboxPolicies: claimPolicy(planned, own.mailboxPolicies) }
    }
  })
}

export async function configurationDone(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  planned: ConfigurationChange,
  guid?: string,
): Promise<void> {
  await change(ports, connectorId, (own) => {
    switch (planned.kind) {
      case 'defaultLevel':
        return { ...own, defaultLevel: settledValue(planned, own.defaultLevel) }
      case 'userMailInsert':
        return { ...own, userMailInsert: settledValue(planned, own.userMailInsert) }
      case 'adminMailRecipients':
        return { ...own, adminMailRecipients: settledValue(planned, own.adminMailRecipients) }
      case 'newRule':
      case 'setRule':
      case 'removeRule':
        return { ...own, rules: settledRule(planned, own.rules, guid) }
      default:
        return { ...own, mailboxPolicies: settledPolicy(planned, own.mailboxPolicies, guid) }
    }
  })
}

/** `before`: what was on record before the claim. */
export async function configurationNotDone(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  planned: ConfigurationChange,
  before: OwnConfiguration,
): Promise<void> {
  await change(ports, connectorId, (own) => {
    switch (planned.kind) {
      case 'defaultLevel':
      case 'userMailInsert':
      case 'adminMailRecipients':
        return { ...own, [planned.kind]: before[planned.kind] }
      case 'newRule':
      case 'setRule':
      case 'removeRule':
        return { ...own, rules: unclaimedRule(planned, own.rules, before.rules) }
      default:
        return {
          ...own,
          mailboxPolicies: [
            ...forgetPolicy(planned, own.mailboxPolicies),
            ...before.mailboxPolicies.filter((policy) => !forgetPolicy(planned, [policy]).includes(policy)),
          ],
        }
    }
  })
}

/** How Exchange prints a policy that easgate just made or set: what a later reading is compared with. */
export async function policyPrinted(
  ports: Pick<Ports, 'store'>,
  connectorId: string,
  name: string,
  { mailboxPolicies }: ExchangeConfiguration,
): Promise<void> {
  await change(ports, connectorId, (own) => ({
    ...own,
    mailboxPolicies: own.mailboxPolicies.map((policy) => {
      const found = mailboxPolicies.find(({ guid }) => guid === policy.guid)
      if (policy.name !== name || policy.isPending || !found) return policy
      return { ...policy, printed: printedOf(policy.set, found) }
    }),
  }))
}

/** Only the run that holds the lease writes this document. */
async function change(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
  to: (own: OwnConfiguration) => OwnConfiguration,
): Promise<void> {
  const found = await store.document(connectorId, 'own')
  const before = { ...nothingOwned, ...found?.value }
  const after = to(before)
  if (JSON.stringify(before) === JSON.stringify(after)) return
  await store.saveDocument(connectorId, 'own', after, found?.etag ?? null)
}
