/** The EAS mailbox policy's parameters under the names of either dialect (facts/exchange-and-graph.md A8). Pure. */
import * as z from 'zod'
import * as v from './values.ts'

export type Dialect = 'ActiveSync' | 'Mobile'

// ActiveSync name (2010) | MobileDevice name (2013 and later) | values
const renamed: readonly (readonly [string, string, z.ZodType, z.ZodType])[] = [
  ['DevicePasswordEnabled', 'PasswordEnabled', v.flag, v.flag],
  ['AlphanumericDevicePasswordRequired', 'AlphanumericPasswordRequired', v.flag, v.flag],
  ['AllowSimpleDevicePassword', 'AllowSimplePassword', v.flag, v.flag],
  ['MinDevicePasswordLength', 'MinPasswordLength', z.int().min(1).max(16), z.int().min(1).max(16).nullable()],
  ['MinDevicePasswordComplexCharacters', 'MinPasswordComplexCharacters', z.int().min(1), z.int().min(1).max(4)],
  ['MaxDevicePasswordFailedAttempts', 'MaxPasswordFailedAttempts', failures(), failures()],
  ['DevicePasswordExpiration', 'PasswordExpiration', v.duration, v.duration],
  ['DevicePasswordHistory', 'PasswordHistory', v.count, v.count],
  ['MaxInactivityTimeDeviceLock', 'MaxInactivityTimeLock', v.duration, v.duration],
]

const flags =
  'AllowNonProvisionableDevices AllowCamera AllowBrowser AllowStorageCard AllowWiFi AllowTextMessaging AllowPOPIMAPEmail AllowConsumerEmail AllowDesktopSync AllowHTMLEmail AllowInternetSharing AllowIrDA AllowRemoteDesktop AllowUnsignedApplications AllowUnsignedInstallationPackages AttachmentsEnabled DeviceEncryptionEnabled RequireDeviceEncryption RequireStorageCardEncryption RequireManualSyncWhenRoaming PasswordRecoveryEnabled'

const shared: Readonly<Record<string, z.ZodType>> = {
  ...Object.fromEntries(flags.split(' ').map((name) => [name, v.flag])),
  AllowBluetooth: z.enum(['Disable', 'HandsfreeOnly', 'Allow']),
  DevicePolicyRefreshInterval: v.duration,
  MaxAttachmentSize: z.union([z.literal('Unlimited'), v.count, v.text]),
  MaxEmailAgeFilter: z.enum(['All', 'OneDay', 'ThreeDays', 'OneWeek', 'TwoWeeks', 'OneMonth']),
  MaxCalendarAgeFilter: z.enum(['All', 'TwoWeeks', 'OneMonth', 'ThreeMonths', 'SixMonths']),
  MaxEmailBodyTruncationSize: v.countOrUnlimited,
  ApprovedApplicationList: v.texts,
  UnapprovedInROMApplicationList: v.texts,
}

/** Settings that have another name in the ActiveSync dialect: MobileDevice name → ActiveSync name. */
const oldNames: ReadonlyMap<string, string> = new Map([
  ...renamed.map(([old, name]) => [name, old] as const),
  ['IsDefault', 'IsDefaultPolicy'],
])

/** Under the names of a dialect, from the names of the MobileDevice dialect. */
export function policyName(mobileName: string, dialect: Dialect): string {
  return dialect === 'ActiveSync' ? (oldNames.get(mobileName) ?? mobileName) : mobileName
}

function failures(): z.ZodType {
  return z.union([z.literal('Unlimited'), z.int().min(4).max(16)])
}

/** The policy parameters of one dialect, without Identity and Name. */
export function mailboxPolicyParameters(dialect: Dialect): Record<string, z.ZodType> {
  const own = renamed.map(([old, name, oldType, type]) => (dialect === 'ActiveSync' ? [old, oldType] : [name, type]))
  const defaults = dialect === 'ActiveSync' ? { IsDefaultPolicy: v.flag, IsDefault: v.flag } : { IsDefault: v.flag }
  return { ...(Object.fromEntries(own) as Record<string, z.ZodType>), ...defaults, ...shared }
}
