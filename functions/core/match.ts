/** An EAS record beside its Intune device. Only these strong matches may allow (facts/exchange-and-graph.md E2, step 1, and activation). Pure. */
import { isBound, isManaged, type Activation } from './activation.ts'
import { easKey } from './deviceKey.ts'
import type { EasRecord, IntuneDevice, Owner } from './types.ts'

/*
 * same user | managed, agent not eas | easDeviceId equal | bound (activation.ts) | several of the kind | match
 * yes       | yes                    | yes               | either                | no                  | that one
 * yes       | yes                    | yes               | either                | yes                 | newest lastSync, then lowest id
 * yes       | yes                    | of no device      | yes                   | likewise            | likewise
 * any other                                                                                            | none
 */
export function match(
  record: EasRecord,
  owner: Owner,
  devices: readonly IntuneDevice[],
  activations: readonly Activation[] = [],
): IntuneDevice | null {
  const key = easKey(record.deviceId)
  if (key === '') return null
  const own = devices.filter((device) => device.userId === owner.user.id && isManaged(device))
  const known = newest(own.filter(({ easDeviceId }) => easDeviceId !== null && easKey(easDeviceId) === key))
  if (known || activations.length === 0) return known
  return newest(own.filter((device) => isBound(record, owner, device, activations)))
}

/** Several enrolments of one phone: stale ones stay behind. */
export function newest(devices: readonly IntuneDevice[]): IntuneDevice | null {
  let best: IntuneDevice | null = null
  for (const device of devices) if (best === null || isNewer(device, best)) best = device
  return best
}

function isNewer(a: IntuneDevice, b: IntuneDevice): boolean {
  const aTime = a.lastSync ?? ''
  const bTime = b.lastSync ?? ''
  return aTime === bTime ? a.id < b.id : aTime > bTime
}
