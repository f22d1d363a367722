/** What a test says about Exchange: `world.exchange` of a scenario, as far as the fake needs it. Other properties are ignored. */

export interface FakeMailbox {
  readonly Guid: string
  readonly DistinguishedName?: string | null
  readonly Name?: string | null
  readonly DisplayName?: string | null
  readonly PrimarySmtpAddress?: string | null
  readonly EmailAddresses?: readonly string[] | null
  readonly ActiveSyncEnabled?: boolean | null
  readonly ServerName?: string | null
  readonly ActiveSyncAllowedDeviceIDs?: readonly string[] | null
  readonly ActiveSyncBlockedDeviceIDs?: readonly string[] | null
  /** By name; none is the default. */
  readonly ActiveSyncMailboxPolicy?: string | null
}

export interface FakeDevice {
  readonly Guid: string
  /** Guid of the mailbox. */
  readonly Mailbox?: string | null
  readonly DistinguishedName?: string | null
  readonly DeviceId?: string | null
  readonly DeviceType?: string | null
  readonly DeviceModel?: string | null
  readonly DeviceOS?: string | null
  readonly DeviceUserAgent?: string | null
  readonly ClientType?: string | null
  readonly FirstSyncTime?: string | null
  readonly LastSuccessSync?: string | null
  readonly LastSyncAttemptTime?: string | null
  readonly DeviceWipeRequestTime?: string | null
  readonly DeviceWipeAckTime?: string | null
  /** DeviceDiscovery stays; every other state is computed. */
  readonly DeviceAccessState?: string | null
}

export interface FakeRule {
  readonly Guid?: string | null
  readonly QueryString: string
  readonly Characteristic: string
  readonly AccessLevel: string
}

export interface FakeWorld {
  readonly organization?: string
  readonly servers?: readonly {
    readonly Name: string
    readonly Fqdn?: string | null
    readonly ServerRole?: string | null
    readonly AdminDisplayVersion?: string | null
  }[]
  readonly organizationSettings?: {
    readonly DefaultAccessLevel?: string | null
    readonly UserMailInsert?: string | null
    readonly AdminMailRecipients?: readonly string[] | null
  } | null
  readonly accessRules?: readonly FakeRule[]
  readonly mailboxPolicies?: readonly {
    readonly Name: string
    readonly Guid?: string
    readonly [name: string]: unknown
  }[]
  readonly mailboxes?: readonly FakeMailbox[]
  readonly devices?: readonly FakeDevice[]
}
