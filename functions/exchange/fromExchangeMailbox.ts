/** A row of Get-CASMailbox as a mailbox. Pure. */
import type { Row } from '../../protocol/messages.ts'
import type { Mailbox } from '../core/types.ts'
import { flagOf, guidOf, textOf, textsOf } from './exchangeValue.ts'
import { missingProperty } from './missingProperty.ts'

/** Throws AppError incompleteInventory when the row has no Guid or no DN. A row that does not say ActiveSyncEnabled has it on, as new mailboxes do. */
export function fromExchangeMailbox(row: Row, rowNumber: number): Mailbox {
  const guid = guidOf(row)
  const dn = textOf(row, 'DistinguishedName')
  if (guid === null) throw missingProperty('Get-CASMailbox', rowNumber, 'Guid')
  if (dn === null) throw missingProperty('Get-CASMailbox', rowNumber, 'DistinguishedName')
  const primarySmtp = textOf(row, 'PrimarySmtpAddress')?.toLowerCase() ?? null
  return {
    guid,
    dn,
    name: textOf(row, 'Name'),
    displayName: textOf(row, 'DisplayName'),
    primarySmtp,
    addresses: smtpAddresses(row, primarySmtp),
    isActiveSyncEnabled: flagOf(row, 'ActiveSyncEnabled', true),
    serverName: textOf(row, 'ServerName'),
    ...givenPolicy(row),
    ...fromExchangeLists(row),
  }
}

function givenPolicy(row: Row): Pick<Mailbox, 'activeSyncPolicy'> {
  const activeSyncPolicy = fromExchangePolicy(row)
  return activeSyncPolicy === undefined ? {} : { activeSyncPolicy }
}

/*
 *   IsDefaulted True                      null: Exchange's default
 *   Phones                                Phones
 *   CN=Phones,CN=Mobile Mailbox …         Phones
 *   none, and IsDefaulted is not there    undefined: a server, or an account's rights, that do not show it
 */
export function fromExchangePolicy(row: Row): string | null | undefined {
  if (flagOf(row, 'ActiveSyncMailboxPolicyIsDefaulted', false)) return null
  const text = textOf(row, 'ActiveSyncMailboxPolicy')
  if (text === null) return row['ActiveSyncMailboxPolicyIsDefaulted'] === undefined ? undefined : null
  const first = /^CN=((?:[^\\,]|\\.)+),/i.exec(text)?.[1]
  return first?.replaceAll(/\\(.)/g, '$1') ?? text
}

/** The two lists, in Exchange's spelling and order. */
export function fromExchangeLists(row: Row): Pick<Mailbox, 'allowed' | 'blocked'> {
  return { allowed: textsOf(row, 'ActiveSyncAllowedDeviceIDs'), blocked: textsOf(row, 'ActiveSyncBlockedDeviceIDs') }
}

/*
 *   SMTP:Ana@contoso.com, smtp:…     ana@contoso.com
 *   ana@contoso.com                  the same: no prefix is SMTP
 *   X500:/o=…, sip:…, EUM:…          left out
 * The primary address is one of them even where EmailAddresses does not say so.
 */
function smtpAddresses(row: Row, primarySmtp: string | null): string[] {
  const listed = textsOf(row, 'EmailAddresses').flatMap((entry) => {
    const [, prefix, address] = /^(?:([a-z0-9]+):)?(.*)$/is.exec(entry.trim()) ?? []
    return address && (prefix ?? 'smtp').toLowerCase() === 'smtp' ? [address.trim().toLowerCase()] : []
  })
  return [...new Set(primarySmtp === null ? listed : [...listed, primarySmtp])].filter((text) => text !== '').toSorted()
}
