/** The values of properties that nobody set, as Graph prints them (facts D2, D3). Pure data. */
import type { CollectionName, GraphObject } from './world.ts'

const never = '0001-01-01T00:00:00Z'

const managedDevice: Readonly<Record<string, unknown>> = {
  userId: null,
  userPrincipalName: null,
  emailAddress: null,
  userDisplayName: null,
  azureADDeviceId: null,
  azureADRegistered: null,
  deviceRegistrationState: 'notRegistered',
  complianceState: 'unknown',
  complianceGracePeriodExpirationDateTime: never,
  enrolledDateTime: never,
  lastSyncDateTime: never,
  operatingSystem: null,
  osVersion: null,
  serialNumber: null,
  imei: null,
  meid: null,
  udid: null,
  iccid: null,
  phoneNumber: null,
  wiFiMacAddress: null,
  jailBroken: null,
  easActivated: false,
  easDeviceId: null,
  easActivationDateTime: never,
  exchangeAccessState: 'none',
  exchangeAccessStateReason: 'none',
  exchangeLastSuccessfulSyncDateTime: never,
  managementAgent: 'unknown',
  managementState: 'managed',
  deviceEnrollmentType: 'unknown',
  managedDeviceOwnerType: 'unknown',
  deviceName: null,
  managedDeviceName: null,
  model: null,
  manufacturer: null,
  isEncrypted: false,
  isSupervised: false,
  deviceCategoryDisplayName: null,
  notes: null,
}

/** What a list of users holds when nothing is selected. */
const userByDefault: Readonly<Record<string, unknown>> = {
  businessPhones: [],
  displayName: null,
  givenName: null,
  jobTitle: null,
  mail: null,
  mobilePhone: null,
  officeLocation: null,
  preferredLanguage: null,
  surname: null,
  userPrincipalName: null,
}

const arrays = new Set([
  'assignedLicenses',
  'assignedPlans',
  'businessPhones',
  'groupTypes',
  'otherMails',
  'provisionedPlans',
  'proxyAddresses',
])

/** One object as Graph prints it: the selected properties, or those that come by themselves; `members` never. */
export function shown(
  collection: CollectionName,
  object: GraphObject,
  select: readonly string[] | null,
): Record<string, unknown> {
  if (select !== null) return Object.fromEntries(select.map((name) => [name, valueOf(collection, object, name)]))
  if (collection === 'managedDevices') return { ...managedDevice, ...object }
  if (collection === 'users') {
    const names = ['id', ...Object.keys(userByDefault)]
    return Object.fromEntries(names.map((name) => [name, valueOf(collection, object, name)]))
  }
  const { members: _members, ...rest } = object
  return rest
}

/** A property of an object; what is not set has Graph's unset value. */
export function valueOf(collection: CollectionName, object: GraphObject, name: string): unknown {
  const value = object[name]
  if (value !== undefined) return value
  if (collection === 'managedDevices') return managedDevice[name] ?? null
  return arrays.has(name) ? [] : null
}
