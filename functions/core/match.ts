/** An EAS record beside its Intune device. Only this strong match may allow (facts/exchange-and-graph.md E2, step 1). Pure. */
import { easKey } from './deviceKey.ts'
import type { EasRecord, IntuneDevice, Owner } from './types.ts'

/*
 * same user | easDeviceId equal | managed | agent not eas | several            | match
 * yes       | yes               | yes     | yes           | -                  | that one
 * yes       | yes               | yes     | yes           | yes                | newest lastSync, then lowest id
 * any no                                                                       | none
 */
export function match(record: EasRecord, owner: Owner, devices: readonly IntuneDevice[]): IntuneDevice | null {
  const key = easKey(record.deviceId)
  if (key === '') return null
  let best: IntuneDevice | null = null
  for (const device of devices) {
    if (device.easDeviceId === null || device.userId !== owner.user.id) continue
    if (device.managementState !== 'managed' || device.managementAgent === 'eas') continue
    if (easKey(device.easDeviceId) !== key) continue
    if (best === null || isNewer(device, best)) best = device
  }
  return best
}

function isNewer(a: IntuneDevice, b: IntuneDevice): boolean {
  const aTime = a.lastSync ?? ''
  const bTime = b.lastSync ?? ''
  return aTime === bTime ? a.id < b.id : aTime > bTime
}
