/** A mailbox policy of the settings needs a name that nobody else's policy has: what easgate did not make it does not change. */
import type { MailboxPolicySetting } from '../core/ownConfiguration.ts'
import { AppError } from '../errors.ts'
import type { Store } from '../portsStore.ts'

/** By the last full sync's reading. Throws AppError badRequest. */
export async function checkMailboxPolicyName(
  store: Store,
  connectorId: string,
  setting: MailboxPolicySetting | null | undefined,
): Promise<void> {
  if (!setting) return
  const existing = (await store.document(connectorId, 'exchange'))?.value.mailboxPolicies ?? []
  const own = (await store.document(connectorId, 'own'))?.value.mailboxPolicies ?? []
  const name = setting.name.toLowerCase()
  const there = existing.find((policy) => policy.name.toLowerCase() === name)
  if (!there || own.some((policy) => policy.guid === there.guid || policy.name.toLowerCase() === name)) return
  throw new AppError(
    'badRequest',
    `mailboxPolicy.name: Exchange has a mailbox policy "${there.name}" that easgate did not make and will not change; choose another name`,
  )
}
