/**
 * The closed list: every cmdlet and parameter that may cross the wire, in both dialects. What is not here cannot be run.
 * Source: the seeds' cmdlet list and facts/exchange-and-graph.md A2–A9. Pure.
 */
import * as z from 'zod'
import { mailboxPolicyParameters } from './mailboxPolicy.ts'
import * as v from './values.ts'

/**
 * read: changes nothing. change: idempotent by content, may be repeated. destroy: loses data on a phone or a
 * partnership; refused unless the relay's own configuration allows it. mail: no cmdlet of Exchange, the relay does it itself;
 * never repeated by itself; refused where the relay has no notification account.
 */
export type CommandKind = 'read' | 'change' | 'destroy' | 'mail'

export interface CommandSpec {
  readonly kind: CommandKind
  /** Parameters by name; every one optional unless it is in `required`. */
  readonly parameters: Readonly<Record<string, z.ZodType>>
  readonly required: readonly string[]
  /** The properties that the relay sends back of each object: the ones that easgate reads, and no others. */
  readonly returns: readonly string[]
}

const list = { Filter: v.filter, ResultSize: v.resultSize, OrganizationalUnit: v.text, DomainController: v.text }
const one = { Identity: v.identity }
const write = { Identity: v.identity, DomainController: v.text }

const device =
  'Guid DistinguishedName Identity Name DeviceId DeviceType DeviceModel DeviceOS DeviceUserAgent DeviceImei FriendlyName ClientType ClientVersion DeviceActiveSyncVersion FirstSyncTime DeviceAccessState DeviceAccessStateReason DeviceAccessControlRule UserDisplayName WhenChangedUTC'
const statistics =
  'Guid Identity DeviceID DeviceType DeviceModel DeviceOS DeviceUserAgent ClientType FirstSyncTime LastSyncAttemptTime LastSuccessSync DeviceWipeRequestTime DeviceWipeSentTime DeviceWipeAckTime AccountOnlyDeviceWipeRequestTime AccountOnlyDeviceWipeSentTime AccountOnlyDeviceWipeAckTime Status DeviceAccessState DeviceAccessStateReason NumberOfFoldersSynced DevicePolicyApplied'
const mailbox =
  'Guid DistinguishedName Identity Name DisplayName SamAccountName PrimarySmtpAddress EmailAddresses ServerName ActiveSyncEnabled ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs ActiveSyncMailboxPolicy ActiveSyncMailboxPolicyIsDefaulted HasActiveSyncDevicePartnership WhenChangedUTC'
const organization =
  'Guid Identity Name DefaultAccessLevel UserMailInsert OtaNotificationMailInsert AdminMailRecipients AllowAccessForUnSupportedPlatform OrganizationId'
const rule = 'Guid Identity Name QueryString Characteristic AccessLevel WhenChangedUTC'
const policy = (names: readonly string[]) => `Guid Identity Name WhenChangedUTC ${names.join(' ')}`

function read(parameters: Record<string, z.ZodType>, returns: string, required: string[] = []): CommandSpec {
  return { kind: 'read', parameters, required, returns: returns.split(' ') }
}
function change(parameters: Record<string, z.ZodType>, required: string[] = ['Identity'], returns = ''): CommandSpec {
  return { kind: 'change', parameters, required, returns: returns === '' ? [] : returns.split(' ') }
}
function destroy(parameters: Record<string, z.ZodType>): CommandSpec {
  return { kind: 'destroy', parameters, required: ['Identity'], returns: [] }
}

const getDevice = { ...list, ...one, Mailbox: v.identity, Monitoring: v.flag, SortBy: v.text }
const getStatistics = { ...one, Mailbox: v.identity, DomainController: v.text }
const clear = { ...write, Cancel: v.flag, NotificationEmailAddresses: v.texts }
const activeSyncPolicy = mailboxPolicyParameters('ActiveSync')
const mobilePolicy = mailboxPolicyParameters('Mobile')

export const commands = {
  // Organization: one object; Set changes the default for everybody at once (A7)
  'Get-ActiveSyncOrganizationSettings': read({ DomainController: v.text }, organization),
  'Set-ActiveSyncOrganizationSettings': change(
    {
      DefaultAccessLevel: v.accessLevel,
      UserMailInsert: z.string().max(256),
      OtaNotificationMailInsert: z.string().max(256),
      AdminMailRecipients: v.texts,
      DomainController: v.text,
    },
    [],
  ),
  // Mailboxes: the lists are edited with Add and Remove, never overwritten (design.md 6)
  'Get-CASMailbox': read(
    { ...list, ...one, Monitoring: v.flag, RecalculateHasActiveSyncDevicePartnership: v.flag },
    mailbox,
  ),
  'Set-CASMailbox': change({
    ...write,
    ActiveSyncAllowedDeviceIDs: v.edit,
    ActiveSyncBlockedDeviceIDs: v.edit,
    ActiveSyncMailboxPolicy: v.identity.nullable(),
  }),
  // EAS mailbox policies, both dialects (A8)
  'Get-ActiveSyncMailboxPolicy': read(one, policy(Object.keys(activeSyncPolicy))),
  'Set-ActiveSyncMailboxPolicy': change({ ...write, ...activeSyncPolicy }),
  'New-ActiveSyncMailboxPolicy': change({ Name: v.identity, ...activeSyncPolicy }, ['Name'], 'Guid Identity Name'),
  'Remove-ActiveSyncMailboxPolicy': change({ ...write, Force: v.flag }),
  'Get-MobileDeviceMailboxPolicy': read(one, policy(Object.keys(mobilePolicy))),
  'Set-MobileDeviceMailboxPolicy': change({ ...write, ...mobilePolicy }),
  'New-MobileDeviceMailboxPolicy': change({ Name: v.identity, ...mobilePolicy }, ['Name'], 'Guid Identity Name'),
  'Remove-MobileDeviceMailboxPolicy': change({ ...write, Force: v.flag }),
  // Access rules: exact text only; Set changes the level alone (A7)
  'Get-ActiveSyncDeviceAccessRule': read(one, rule),
  'Set-ActiveSyncDeviceAccessRule': change({ ...write, AccessLevel: v.accessLevel }, ['Identity', 'AccessLevel']),
  'New-ActiveSyncDeviceAccessRule': change(
    { QueryString: v.identity, Characteristic: v.characteristic, AccessLevel: v.accessLevel, DomainController: v.text },
    ['QueryString', 'Characteristic', 'AccessLevel'],
    rule,
  ),
  'Remove-ActiveSyncDeviceAccessRule': change(write),
  // EAS records, both dialects (A2, A3)
  'Get-ActiveSyncDevice': read(getDevice, device),
  'Get-MobileDevice': read(
    { ...getDevice, ActiveSync: v.flag, OWAforDevices: v.flag, RestApi: v.flag, UniversalOutlook: v.flag },
    device,
  ),
  'Get-ActiveSyncDeviceStatistics': read(getStatistics, statistics),
  'Get-MobileDeviceStatistics': read({ ...getStatistics, ActiveSync: v.flag }, statistics),
  'Get-ActiveSyncDeviceClass': read({ Filter: v.filter }, 'Name DeviceType DeviceModel LastUpdateTime'),
  'Clear-ActiveSyncDevice': destroy(clear),
  'Clear-MobileDevice': destroy({ ...clear, AccountOnly: v.flag }),
  'Remove-ActiveSyncDevice': destroy(write),
  'Remove-MobileDevice': destroy(write),
  // The rest of the seeds' list (A9)
  'Get-ExchangeServer': read(
    { ...one, Domain: v.text, Status: v.flag },
    'Guid Name Fqdn ServerRole AdminDisplayVersion Edition Site IsClientAccessServer IsMailboxServer',
  ),
  'Get-Recipient': read(
    { ...list, ...one, Anr: v.text, RecipientType: v.texts, RecipientTypeDetails: v.texts },
    'Guid DistinguishedName Identity Name DisplayName PrimarySmtpAddress EmailAddresses RecipientType RecipientTypeDetails WhenChangedUTC',
  ),
  'Set-ADServerSettings': change({ ViewEntireForest: v.flag, PreferredServer: v.text, RecipientViewRoot: v.text }, []),
  'Get-Command': read({ Name: v.texts }, 'Name Parameters'),
  // Not a cmdlet of Exchange: one HTML mail from the notification account, over EWS (relay/mail)
  'Send-EasgateMail': {
    kind: 'mail',
    parameters: { To: v.mailAddress, Subject: v.mailSubject, Html: v.mailHtml, ImagePng: v.mailImage },
    required: ['To', 'Subject', 'Html'],
    returns: [],
  },
} satisfies Record<string, CommandSpec>

export type CmdletName = keyof typeof commands

/** The spec of a cmdlet by the name that came over the wire, exact in case; undefined when it is not on the list. */
export function commandSpec(cmdlet: string): CommandSpec | undefined {
  return Object.hasOwn(commands, cmdlet) ? commands[cmdlet as CmdletName] : undefined
}
