/** The words of design.md section 1 as types: what the core takes and gives. Pure: no package, no clock, no log. */

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
}
export type Evidence = 'sid' | 'dn' | 'smtp'

/** A user beside a mailbox, with what ties them together and the groups of the policy that the user is in. */
export interface Owner {
  readonly user: User
  readonly evidence: Evidence
  readonly isIncluded: boolean
  readonly isExcluded: boolean
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
  readonly mailboxPolicies: readonly { readonly guid: string; readonly name: string }[]
}

/** What easgate made or changed of Exchange's configuration, and what stood there before (design.md 4). */
export interface OwnConfiguration {
  /** The default that stood there before easgate first changed it, and the one that easgate set. */
  readonly defaultLevel: {
    readonly before: AccessLevel
    readonly set: AccessLevel
    /** What easgate had set before, while the command that sets another level is on its way. */
    readonly replaced?: AccessLevel
  } | null
  /** Rules that easgate made. */
  readonly rules: readonly AccessRule[]
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
  /** HTML, UTF-8. */
  readonly notificationHtml: string
  readonly settings: Settings
}

export interface Pin {
  /** Guid of the EAS record. */
  readonly record: string
  readonly access: 'allow' | 'block'
  readonly note: string
  /** ISO-8601 UTC, or null for no end. */
  readonly until: string | null
}

/** One of the policy's ordered extra rules (row 7): exact text, case ignored; every property named must fit. */
export interface ExtraRuleSetting {
  readonly name: string
  readonly level: AccessLevel
  readonly when: Partial<
    Readonly<Record<'deviceId' | 'deviceType' | 'deviceModel' | 'deviceOs' | 'userAgent', string | undefined>>
  >
}

/** easgate's own settings; defaults in settings.ts. */
export interface Settings {
  /** Service plan ids that count as an Intune licence. */
  readonly intunePlanIds: readonly string[]
  readonly manualEntries: 'respect' | 'override' | 'adopt'
  /** Level for not compliant and for unmanaged; null: the held level of design.md 6. */
  readonly notCompliantLevel: HeldLevel | null
  readonly notEnrolledLevel: HeldLevel | null
  readonly grandfather: { readonly existedBefore: string; readonly until: string } | null
  readonly newRecordGraceMinutes: number
  readonly pins: readonly Pin[]
  /** In order; the first that fits decides. */
  readonly extraRules: readonly ExtraRuleSetting[]
  readonly limits: Limits
  /** Sends nothing at all. */
  readonly stop: boolean
  /** Every run is a dry run. */
  readonly reportOnly: boolean
}

export interface Limits {
  /** Share (0–1) of the now-allowed records that may lose access in one run. */
  readonly maxLosingShare: number
  /** The share counts from this many now-allowed records on. */
  readonly minPopulation: number
  /** How many records may lose access in one run. */
  readonly maxLosing: number
  /** Share (0–1) by which an inventory may shrink against the last complete run. */
  readonly maxShrinkShare: number
}
/** One ordered extra rule, compiled: the core only asks. */
export interface ExtraRule {
  readonly name: string
  readonly level: AccessLevel
  readonly fits: (record: EasRecord, owner: Owner | null) => boolean
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
}

/** One rule of the decision table that was asked, with its inputs and answer: what *explain* shows. */
export interface TraceLine {
  readonly row: number
  readonly rule: string
  readonly fits: boolean
  readonly inputs: Readonly<Record<string, string | number | boolean | null>>
}
