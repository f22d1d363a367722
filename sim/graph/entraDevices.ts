/** The Entra devices behind Intune's: what the world does not state is made, and what Intune learns of a device shows there (differences.md). Pure. */
import { createHash } from 'node:crypto'
import type { GraphObject } from './world.ts'

const noDevice = '00000000-0000-0000-0000-000000000000'

/** The device with an Entra device id of its own where it says nothing about one. */
export function withEntraId(device: GraphObject, before: GraphObject | undefined): GraphObject {
  if (device['azureADDeviceId'] !== undefined || before?.['azureADDeviceId'] !== undefined) return device
  return { ...device, azureADDeviceId: stableGuid(`entra ${device.id.toLowerCase()}`) }
}

/** The id that ties an Intune device to its Entra device; null for one that has none. */
export function entraIdOf(device: GraphObject | undefined): string | null {
  const id = device?.['azureADDeviceId']
  return typeof id === 'string' && id.trim() !== '' && id !== noDevice ? id.toLowerCase() : null
}

/** The Entra device as Intune leaves it; `managed` is undefined when Intune has it no more. */
export function entraDevice(
  deviceId: string,
  before: GraphObject | undefined,
  managed: GraphObject | undefined,
): GraphObject {
  const compliance = managed?.['complianceState']
  return {
    ...before,
    id: before?.id ?? stableGuid(`object ${deviceId}`),
    deviceId: before?.['deviceId'] ?? deviceId,
    isManaged: managed !== undefined,
    isCompliant: managed === undefined ? null : compliance === 'compliant' || compliance === 'inGracePeriod',
  }
}

function stableGuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
