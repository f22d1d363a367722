/**
 * Every cmdlet of the closed list with its parameters, the management role that grants it, and what easgate cannot do without it.
 * Source: the seeds' cmdlet list, facts A1 (dialects) and B (RBAC). Pure.
 */
import { commands, type CmdletName } from '../../protocol/commands.ts'

/** needed: some part of easgate's work stops without it. optional: only something that a person asks for does. */
export type Severity = 'needed' | 'optional'
/** Which family of device cmdlets the relay uses; the other is not needed then. */
export type Dialect = 'ActiveSyncDevice' | 'MobileDevice'

export interface Permission {
  /** In several rows where its parameters matter for different reasons; the first counts when the cmdlet is hidden. */
  readonly cmdlet: CmdletName
  readonly parameters: readonly string[]
  readonly role: string
  readonly severity: Severity
  /** One sentence for an administrator, to follow "without it". */
  readonly consequence: string
  /** Where the cmdlet has a twin in the other dialect. */
  readonly dialect?: Dialect
  /** Asked for only where the relay's configuration allows this. */
  readonly when?: 'wipe' | 'removePartnership'
}

const recipients = 'Mail Recipients'
const client = 'Organization Client Access'
const policies = 'Recipient Policies'
const configuration = 'View-Only Configuration'
const policyParameter = 'ActiveSyncMailboxPolicy'

/** On the closed list, but not what easgate's work depends on; some exist in some versions of Exchange only. */
const dispensable = new Set(
  'DomainController OrganizationalUnit SortBy Monitoring RecalculateHasActiveSyncDevicePartnership ActiveSync OWAforDevices RestApi UniversalOutlook AccountOnly Anr Domain Status PreferredServer RecipientViewRoot IsDefault IsDefaultPolicy Force'.split(
    ' ',
  ),
)

export const neededPermissions: readonly Permission[] = [
  one('Get-CASMailbox', recipients, 'mailboxes and their device lists cannot be read, so nothing can be decided'),
  part(one('Set-CASMailbox', recipients, 'no phone can be allowed or blocked'), (name) => name !== policyParameter),
  part(
    one('Set-CASMailbox', recipients, 'no mailbox can be given a policy', 'optional'),
    (name) => name === policyParameter,
  ),
  ...both('Get', '', recipients, 'phones cannot be listed, so nothing can be decided'),
  ...both('Get', 'Statistics', recipients, 'last sync and wipe status of a phone cannot be shown', 'optional'),
  ...both('Clear', '', recipients, 'a phone cannot be wiped', 'optional', 'wipe'),
  ...both('Remove', '', recipients, 'a partnership cannot be removed', 'optional', 'removePartnership'),
  one('Get-Recipient', recipients, 'linked, shared and resource mailboxes cannot be told apart'),
  one('Set-ADServerSettings', recipients, 'mailboxes of other domains in the forest are not seen'),
  one('Get-ActiveSyncOrganizationSettings', client, 'the default access level is not known'),
  one('Set-ActiveSyncOrganizationSettings', client, 'the default access level cannot be set'),
  one('Get-ActiveSyncDeviceAccessRule', client, 'access rules are not known'),
  one('Set-ActiveSyncDeviceAccessRule', client, 'access rules cannot be changed'),
  one('New-ActiveSyncDeviceAccessRule', client, 'access rules cannot be made'),
  one('Remove-ActiveSyncDeviceAccessRule', client, 'access rules cannot be removed'),
  one('Get-ActiveSyncDeviceClass', client, 'families and models cannot be offered for access rules', 'optional'),
  ...policy('Get', 'the mailbox policy in force is not known'),
  ...policy('Set', 'a mailbox policy cannot be changed', 'optional'),
  ...policy('New', 'a mailbox policy cannot be made', 'optional'),
  ...policy('Remove', 'a mailbox policy cannot be removed', 'optional'),
  one('Get-ExchangeServer', configuration, 'other servers are not known, so the relay cannot fail over to them'),
]

function one(
  cmdlet: CmdletName,
  role: string,
  consequence: string,
  severity: Severity = 'needed',
  when?: Permission['when'],
): Permission {
  const parameters = Object.keys(commands[cmdlet].parameters).filter((name) => !dispensable.has(name))
  const dialect = dialectOf(cmdlet)
  return { cmdlet, parameters, role, severity, consequence, ...(dialect && { dialect }), ...(when && { when }) }
}

function both(
  verb: 'Get' | 'Clear' | 'Remove',
  suffix: '' | 'Statistics',
  ...rest: [string, string, Severity?, Permission['when']?]
): Permission[] {
  const names = [`${verb}-ActiveSyncDevice${suffix}`, `${verb}-MobileDevice${suffix}`]
  return names.filter(isListed).map((cmdlet) => one(cmdlet, ...rest))
}

function policy(verb: 'Get' | 'Set' | 'New' | 'Remove', consequence: string, severity?: Severity): Permission[] {
  const names = [`${verb}-ActiveSyncMailboxPolicy`, `${verb}-MobileDeviceMailboxPolicy`]
  return names.filter(isListed).map((cmdlet) => one(cmdlet, policies, consequence, severity))
}

function part(permission: Permission, isOf: (parameter: string) => boolean): Permission {
  return { ...permission, parameters: permission.parameters.filter(isOf) }
}

function dialectOf(cmdlet: string): Dialect | undefined {
  if (cmdlet.includes('-MobileDevice')) return 'MobileDevice'
  return /-ActiveSync(Device(Statistics)?|MailboxPolicy)$/.test(cmdlet) ? 'ActiveSyncDevice' : undefined
}

function isListed(name: string): name is CmdletName {
  return Object.hasOwn(commands, name)
}
