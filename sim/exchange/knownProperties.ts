/** The property names that the cmdlets print, per collection of the world; used to catch names in the wrong case. Pure. */

const common =
  'Guid Identity Id Name DistinguishedName WhenChanged WhenCreated WhenChangedUTC WhenCreatedUTC ExchangeObjectId ObjectCategory ObjectClass OriginatingServer ExchangeVersion AdminDisplayName OrganizationId IsValid ObjectState'

const names: Readonly<Record<string, string>> = {
  servers: 'Name Fqdn ServerRole AdminDisplayVersion Edition Site IsClientAccessServer IsMailboxServer Domain',
  organizationSettings:
    'DefaultAccessLevel UserMailInsert OtaNotificationMailInsert AdminMailRecipients AllowAccessForUnSupportedPlatform DeviceFiltering IsIntuneManaged',
  accessRules: 'QueryString Characteristic AccessLevel',
  mailboxes:
    'DisplayName SamAccountName PrimarySmtpAddress EmailAddresses ServerName Alias UserPrincipalName LegacyExchangeDN ActiveSyncEnabled ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs ActiveSyncMailboxPolicy ActiveSyncMailboxPolicyIsDefaulted ActiveSyncDebugLogging HasActiveSyncDevicePartnership EwsEnabled EwsApplicationAccessPolicy EwsBlockList RecipientType RecipientTypeDetails',
  devices:
    'Mailbox DeviceId DeviceType DeviceModel DeviceOS DeviceOSLanguage DeviceUserAgent DeviceImei DeviceMobileOperator DeviceTelephoneNumber FriendlyName DeviceActiveSyncVersion ClientVersion ClientType FirstSyncTime UserDisplayName DeviceAccessState DeviceAccessStateReason DeviceAccessControlRule IsManaged IsCompliant IsDisabled ProvisioningFlags LastPolicyUpdateTime LastSyncAttemptTime LastSuccessSync DeviceWipeSentTime DeviceWipeRequestTime DeviceWipeAckTime AccountOnlyDeviceWipeSentTime AccountOnlyDeviceWipeRequestTime AccountOnlyDeviceWipeAckTime DeviceFriendlyName DevicePhoneNumber MailboxLogReport RecoveryPassword Status StatusNote LastDeviceWipeRequestor LastPingHeartbeat NumberOfFoldersSynced DeviceEnableOutboundSMS IsRemoteWipeSupported DevicePolicyApplied DevicePolicyApplicationStatus',
  mailboxPolicies:
    'IsDefault IsDefaultPolicy PasswordEnabled DevicePasswordEnabled AlphanumericPasswordRequired AlphanumericDevicePasswordRequired AllowSimplePassword AllowSimpleDevicePassword MinPasswordLength MinDevicePasswordLength AllowNonProvisionableDevices RequireDeviceEncryption',
  deviceClasses: 'DeviceType DeviceModel LastUpdateTime',
}

const known = new Map(
  Object.entries(names).map(([collection, text]) => [
    collection,
    new Map(`${common} ${text}`.split(' ').map((name) => [name.toLowerCase(), name])),
  ]),
)

/** Pairs of (name found, name known) that differ only by case. */
export function* wrongCase(collection: string, object: unknown): Generator<[string, string]> {
  const table = known.get(collection)
  if (!table || typeof object !== 'object' || object === null) return
  for (const found of Object.keys(object)) {
    const right = table.get(found.toLowerCase())
    if (right !== undefined && right !== found) yield [found, right]
  }
}
