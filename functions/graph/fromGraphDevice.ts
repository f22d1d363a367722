/** A Graph managedDevice as the core knows it (facts D2). One odd property never costs a row: only a missing id is an error. Pure. */
import * as z from 'zod'
import type { IntuneDevice } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { fromGraphId, text, time, truth } from './fromGraphValues.ts'

/** What `fromGraphDevice` reads. */
export const deviceProperties = [
  'id',
  'userId',
  'azureADDeviceId',
  'azureADRegistered',
  'deviceRegistrationState',
  'easDeviceId',
  'complianceState',
  'managementState',
  'managementAgent',
  'lastSyncDateTime',
  'operatingSystem',
  'model',
] as const

const managedDevice = z.looseObject({
  id: z.string().min(1),
  userId: text,
  azureADDeviceId: text,
  azureADRegistered: truth,
  deviceRegistrationState: text,
  easDeviceId: text,
  complianceState: text,
  managementState: text,
  managementAgent: text,
  lastSyncDateTime: time,
  operatingSystem: text,
  model: text,
})

/**
 * Throws AppError incompleteInventory on a row without an id: such a list is not to be trusted. Enum text that this version does not know is kept;
 * an enum that is missing or null gets the value that Graph prints for one that nobody set.
 */
export function fromGraphDevice(row: unknown): IntuneDevice {
  const parsed = managedDevice.safeParse(row)
  if (!parsed.success)
    throw new AppError(
      'incompleteInventory',
      'Graph sent a managedDevice without an id; nothing is decided on such a list.',
    )
  const device = parsed.data
  return {
    id: fromGraphId(device.id),
    userId: idOrNull(device.userId),
    azureAdDeviceId: idOrNull(device.azureADDeviceId),
    easDeviceId: device.easDeviceId,
    isRegistered: device.azureADRegistered === true || device.deviceRegistrationState === 'registered',
    complianceState: device.complianceState ?? 'unknown',
    managementState: device.managementState ?? 'managed',
    managementAgent: device.managementAgent ?? 'unknown',
    lastSync: device.lastSyncDateTime,
    operatingSystem: device.operatingSystem,
    model: device.model,
  }
}

const noGuid = '00000000-0000-0000-0000-000000000000'

/** For a device without a primary user or without an Entra device Intune prints an empty text or a GUID of zeros. */
function idOrNull(id: string | null): string | null {
  return id === null || id.trim() === '' || id === noGuid ? null : fromGraphId(id)
}
