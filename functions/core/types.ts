/** The words of design.md section 1 as types: what the core takes and gives. Pure: no package, no clock, no log. */
import type { ExtraRuleSetting } from './extraRules.ts'
import type { Pin } from './pin.ts'
import type { Limits } from './limits.ts'
import type { ExchangeMailboxPolicy, ExchangeSettings, MailboxPolicySetting } from './ownConfiguration.ts'
import type { WhenSettings } from './schedule.ts'
import type { Scope } from './scope.ts'

export type AccessLevel = 'allow' | 'block' | 'quarantine'
export type HeldLevel = 'block' | 'quarantine'
/** `leave`: no wish of easgate's; what Exchange itself decides stands. */
export type Access = AccessLevel | 'leave'

/** A mailbox as Exchange shows it. Guids and addresses are lower case; the two lists keep Exchange's spelling. */
export interface Mailbox {
  readonly guid: string
  readonly dn: string
  readonly name: string | null
  readonly displayName: string | null
  readonly primarySmtp: string | null
  /** SMTP addresses only, without prefix, lower case, sorted. */
  readonly addresses: readonly string[]
  readonly isActiveSyncEnabled: boolean
  /** Where its database is active now; null where Exchange does not say. */
  readonly serverName: string | null
  /** The EAS mailbox policy that it was given, as Exchange prints it; null: Exchange's default. Left out: Exchange did not say. */
  readonly activeSyncPolicy?: string | null
  readonly allowed: readonly string[]
  readonly blocked: readonly string[]
}
export type AccessState = 'unknown' | 'allowed' | 'blocked' | 'quarantined' | 'deviceDiscovery'

/** One mailbox × one DeviceId: Exchange's mobile device partnership. */
export interface EasRecord {
  readonly guid: string
  /** DN of the mailbox: the record's own DN without its first two parts (facts A4). */
  readonly mailboxDn: string
  readonly deviceId: string
  readonly deviceType: string | null
  readonly deviceModel: string | null
  readonly deviceOs: string | null
  readonly userAgent: string | null
  /** null on Exchange 2010, which has no such property: EAS. */
  readonly clientType: string | null
  /** ISO-8601 UTC. */
  readonly firstSync: string | null
  /** What Exchange reports; lags behind the lists (facts A10). */
  readonly state: AccessState
  readonly stateReason: string | null
}

/** A Graph user. Addresses: `mail` and the SMTP entries of `proxyAddresses`, lower case. */
export interface User {
  readonly id: string
  readonly upn: string | null
  readonly displayName: string | null
  readonly addresses: readonly string[]
  readonly dn: string | null
  readonly sid: string | null
  /** Has an Intune plan, Enabled or Warning. */
  readonly isLicensed: boolean
  /** preferredLanguage, lower case (`de-at`); left out where the user has none. */
  readonly language?: string
}
export type Evidence = 'sid' | 'dn' | 'smtp'

/** A user beside a mailbox, with what ties them together and the groups of the policy that the user is in. */
export interface Owner {
  readonly user: User
  readonly evidence: Evidence
  readonly isIncluded: boolean
  readonly isExcluded: boolean
  /** Groups of the extra rules that the user is in, lower case; left out for none. */
  readonly groups?: readonly string[]
}
export type ComplianceState =
  'unknown' | 'compliant' | 'noncompliant' | 'conflict' | 'error' | 'inGracePeriod' | 'configManager'

/** A Graph managedDevice. */
export interface IntuneDevice {
  readonly id: string
  readonly userId: string | null
  readonly azureAdDeviceId: string | null
  readonly easDeviceId: string | null
  /** azureADRegistered is true, or deviceRegistrationState is registered. */
  readonly isRegistered: boolean
  /** A value that this version does not know is kept and treated as unknown. */
  readonly complianceState: ComplianceState | (string & {})
  readonly managementState: string
  readonly managementAgent: string
  /** ISO-8601 UTC. */
  readonly lastSync: string | null
  readonly operatingSystem: string | null
  readonly model: string | null
}
export type List = 'allowed' | 'blocked'

/** An entry that easgate made, recorded before its command was sent; or took away, recorded after its command was done. */
export interface OwnEntry {
  readonly deviceId: string
  readonly list: List
  /** Taken away by easgate: kept until every reading of the list is newer (ownLists.ts). */
  readonly isRemoved?: true
  readonly runId: string
  /** ISO-8601 UTC. */
  readonly since: string
}
export type Characteristic = 'DeviceType' | 'DeviceModel' | 'DeviceOS' | 'UserAgent'

/** An access rule of Exchange: exact text, case ignored. `guid` is null for a rule that is planned only. */
export interface AccessRule {
  readonly guid: string | null
  readonly queryString: string
  /** Rules with a characteristic that easgate cannot evaluate (XMSWLHeader) are kept, never matched. */
  readonly characteristic: Characteristic | (string & {})
  readonly level: AccessLevel
}

/** What a full sync reads of Exchange's own configuration. */
export interface ExchangeConfiguration {
  readonly organization: string | null
  readonly defaultLevel: AccessLevel
  readonly userMailInsert: string | null
  readonly adminMailRecipients: readonly string[]
  readonly rules: readonly AccessRule[]
  readonly servers: readonly {
    readonly name: string
    readonly fqdn: string | null
    readonly role: string
    readonly version: string
  }[]
  readonly deviceClasses: readonly { readonly type: string; readonly model: string }[]
  readonly mailboxPolicies: readonly ExchangeMailboxPolicy[]
}

/** A platform exception of the policy: Graph's deviceManagementExchangeAccessRule. family: DeviceType, model: DeviceModel. */
export interface PlatformException {
  readonly type: 'family' | 'model'
  readonly name: string
  readonly level: AccessLevel | 'none'
}

/** The connector's policy: Graph's two resources and easgate's own settings beside them. */
export interface Policy {
  readonly enabled: boolean
  readonly includedGroups: readonly string[]
  readonly excludedGroups: readonly string[]
  readonly overrideDefaultRule: boolean
  readonly defaultAccessLevel: AccessLevel | 'none'
  readonly exceptions: readonly PlatformException[]
  /** Guids of access rules that an administrator handed over: easgate may set their level, and gives back the one they had. */
  readonly handedOverRules: readonly string[]
  /** HTML, UTF-8. */
  readonly notificationHtml: string
  readonly settings: Settings
  /** Of a run alone, never saved: the connector is being retired. Then `enabled` is false, too. */
  readonly isWithdrawn?: true
}

/** easgate's own settings; defaults in settings.ts. */
export interface Settings extends WhenSettings {
  /** Service plan ids that count as an Intune licence. */
  readonly intunePlanIds: readonly string[]
  readonly manualEntries: 'respect' | 'override' | 'adopt'
  /** Level for not compliant and for unmanaged; null: the held level of design.md 6. */
  readonly notCompliantLevel: HeldLevel | null
  readonly notEnrolledLevel: HeldLevel | null
  readonly grandfather: { readonly existedBefore: string; readonly until: string } | null
  readonly newRecordGraceMinutes: number
  /** A short list that comes with the policy; the next sync makes each a pin of its own and empties it (sync/listedPins.ts). */
  readonly pins: readonly Pin[]
  /** In order; the first that fits decides. */
  readonly extraRules: readonly ExtraRuleSetting[]
  /** Whose mailboxes the policy is for, beside its groups. */
  readonly scope: Scope
  readonly limits: Limits
  /** Settings of the Exchange organization; null: left alone, and given back where easgate had set it. */
  readonly exchange: ExchangeSettings
  readonly mailboxPolicy: MailboxPolicySetting | null
  /** What a full sync does where somebody changed what easgate had set of Exchange's configuration. */
  readonly drift: 'mend' | 'leave'
  /** Sends nothing at all. */
  readonly stop: boolean
  /** Every run is a dry run. */
  readonly reportOnly: boolean
  readonly notification: NotificationSettings
}

/** Mails to people; the HTML of the policy is the template for all languages that have none of their own. */
export interface NotificationSettings {
  /** Of the policy's own template, and of the built-in one; placeholders as in the HTML. */
  readonly subject: string
  /** By language (`de`, `pt-br`), lower case. */
  readonly templates: Readonly<Record<string, NoticeTemplate>>
  /** How long a record that has access keeps it while its mail could not be sent, minutes; 0: not at all. */
  readonly waitMinutes: number
  /** Who gets the digest of newly held devices; none: Exchange's AdminMailRecipients. */
  readonly digestTo: readonly string[]
}

export interface NoticeTemplate {
  readonly subject: string
  readonly html: string
  /** In place of the English ones. */
  readonly reasons?: Partial<Readonly<Record<NoticeReason, string | undefined>>> | undefined
  /** Stands where the activation link would, as long as there is none. */
  readonly withoutLink?: string | undefined
}

export type Reason =
  | 'notEvaluated'
  | 'unresolvedUser'
  | 'pinned'
  | 'outOfScope'
  | 'manualEntry'
  | 'exempt'
  | 'extraRule'
  | 'notCompliant'
  | 'grandfathered'
  | 'notRegistered'
  | 'complianceUnknown'
  | 'compliant'
  | 'inGracePeriod'
  | 'platformRule'
  | 'newRecordGrace'
  | 'notEnrolled'

/** Reasons that keep a phone out and that its user can do something about: each is told in a mail. */
export type NoticeReason = Extract<
  Reason,
  'extraRule' | 'notCompliant' | 'notRegistered' | 'complianceUnknown' | 'notEnrolled'
>

export interface Decision {
  readonly access: Access
  readonly reason: Reason
  /** Quarantine was wanted, but nothing in Exchange would quarantine the record: it is blocked by its id. */
  readonly fallback?: 'block'
  /** The Intune device that matched. */
  readonly intuneDeviceId?: string
}

/** A decision as it is kept between runs. */
export interface StoredDecision extends Decision {
  /** Complete full syncs in a row in which the mailbox resolved to no user, and the last of them. */
  readonly unresolved?: { readonly syncs: number; readonly runId: string }
  /** Its mail: wanted since (ISO-8601 UTC); told: nothing more will be sent for this reason. */
  readonly notice?: { readonly since: string; readonly isTold?: true }
}
