/** Where everything belongs: mailboxes by DN and by SMTP address. The one thing whose memory grows with the tenant (design.md 12, 6). */
import type { Run } from '../core/run.ts'
import type { Mailbox, User, Evidence } from '../core/types.ts'
import type { Store } from '../portsStore.ts'
import { allStaged } from './readStaged.ts'

export interface MailboxIndex {
  byDn(dn: string): string | undefined
  /** Mailboxes that the user's DN or addresses name, with the strongest evidence for each. */
  ofUser(user: User): ReadonlyMap<string, Evidence>
}

/** Distinguished names are compared without regard to case, as Active Directory does. */
function dnKey(dn: string): string {
  return dn.trim().toLowerCase()
}

export async function readMailboxIndex(
  store: Store,
  run: Run,
  wants: { readonly addresses: boolean },
): Promise<MailboxIndex> {
  const dns = new Map<string, string>()
  const addresses = new Map<string, string>()
  for await (const { mailboxGuid, data } of allStaged(store, run, 'mailboxes')) {
    const mailbox = JSON.parse(data) as Mailbox
    dns.set(dnKey(mailbox.dn), mailboxGuid)
    if (wants.addresses) for (const address of mailbox.addresses) addresses.set(address, mailboxGuid)
  }
  return {
    byDn: (dn) => dns.get(dnKey(dn)),
    ofUser(user) {
      const found = new Map<string, Evidence>()
      for (const address of user.addresses) {
        const guid = addresses.get(address)
        if (guid !== undefined) found.set(guid, 'smtp')
      }
      const guid = user.dn === null ? undefined : dns.get(dnKey(user.dn))
      if (guid !== undefined) found.set(guid, 'dn')
      return found
    },
  }
}
