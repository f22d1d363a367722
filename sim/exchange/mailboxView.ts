/** How a mailbox is printed by Get-CASMailbox and Get-Recipient (facts/exchange-and-graph.md A6, A9). Pure. */
import type { Exchange } from './exchange.ts'
import type { Filterable } from './compileFilter.ts'
import { emailAddresses, primaryAddress, smtpAddresses, type Mailbox } from './mailboxes.ts'
import type { View } from './view.ts'

const directoryProperties = {
  Guid: (mailbox: Mailbox) => mailbox.guid,
  DistinguishedName: (mailbox: Mailbox) => mailbox.dn,
  Identity: (mailbox: Mailbox) => mailbox.identity,
  Name: (mailbox: Mailbox) => mailbox.name,
  DisplayName: (mailbox: Mailbox) => mailbox.stated['DisplayName'] ?? mailbox.name,
  PrimarySmtpAddress: (mailbox: Mailbox) => primaryAddress(mailbox.stated),
  EmailAddresses: (mailbox: Mailbox) => emailAddresses(mailbox.stated),
  WhenChangedUTC: (mailbox: Mailbox) => mailbox.whenChangedUtc,
  WhenChanged: (mailbox: Mailbox) => mailbox.whenChangedUtc,
  // Neither cmdlet has it (facts A6): that is why nobody may join by it.
  UserPrincipalName: () => undefined,
}

export function mailboxView(exchange: Exchange): View<Mailbox> {
  return {
    stated: (mailbox) => mailbox.stated,
    known: {
      ...directoryProperties,
      SamAccountName: (mailbox) => mailbox.stated.SamAccountName ?? null,
      ServerName: (mailbox) => mailbox.stated['ServerName'] ?? exchange.servers[0]?.Name ?? null,
      ActiveSyncEnabled: (mailbox) => mailbox.activeSyncEnabled,
      ActiveSyncAllowedDeviceIDs: (mailbox) => mailbox.allowed,
      ActiveSyncBlockedDeviceIDs: (mailbox) => mailbox.blocked,
      ActiveSyncMailboxPolicy: (mailbox) => exchange.policyOf(mailbox)?.name ?? null,
      ActiveSyncMailboxPolicyIsDefaulted: (mailbox) => mailbox.policy === null,
      HasActiveSyncDevicePartnership: hasPartnership,
    },
  }
}

/** The same object as Get-Recipient sees it. */
export const recipientView: View<Mailbox> = {
  stated: (mailbox) => mailbox.stated,
  known: {
    ...directoryProperties,
    Alias: (mailbox) => mailbox.stated['Alias'] ?? null,
    HasActiveSyncDevicePartnership: hasPartnership,
    RecipientType: (mailbox) => mailbox.stated['RecipientType'] ?? 'UserMailbox',
    RecipientTypeDetails: (mailbox) => mailbox.stated['RecipientTypeDetails'] ?? 'UserMailbox',
  },
}

/** What the flag says; it may be stale where the world states it (facts A2). */
export function hasPartnership(mailbox: Mailbox): boolean {
  return mailbox.stated.HasActiveSyncDevicePartnership ?? mailbox.devices.length > 0
}

// Microsoft's page "Filterable properties for the Filter parameter", as far as it names these cmdlets and we keep the property.
const directoryFilter: Filterable = {
  Guid: 'exact',
  DistinguishedName: 'exact',
  Name: 'text',
  DisplayName: 'text',
  SamAccountName: 'text',
  LegacyExchangeDN: 'text',
  ServerName: 'text',
  PrimarySmtpAddress: 'text',
  EmailAddresses: 'text',
  ActiveSyncMailboxPolicy: 'text',
  HasActiveSyncDevicePartnership: 'flag',
  WhenChanged: 'date',
  WhenChangedUTC: 'date',
}
export const casMailboxFilter: Filterable = {
  ...directoryFilter,
  ActiveSyncEnabled: 'flag',
  ActiveSyncAllowedDeviceIDs: 'text',
  ActiveSyncBlockedDeviceIDs: 'text',
}
export const recipientFilter: Filterable = {
  ...directoryFilter,
  Alias: 'text',
  RecipientType: 'exact',
  RecipientTypeDetails: 'exact',
}

function addresses({ stated }: Mailbox): (string | null)[] {
  return [primaryAddress(stated), ...smtpAddresses(stated)]
}

/** What a filter on an address looks at: one on PrimarySmtpAddress also finds the other addresses (facts A9). */
export function searchedAddresses(view: View<Mailbox>): View<Mailbox> {
  const prefixed = (mailbox: Mailbox) => [...addresses(mailbox), ...emailAddresses(mailbox.stated)]
  return { ...view, known: { ...view.known, PrimarySmtpAddress: addresses, EmailAddresses: prefixed } }
}
