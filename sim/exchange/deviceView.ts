/** How an EAS record is printed (facts/exchange-and-graph.md A3). Pure. */
import { deviceDn, deviceIdentity, deviceName, type Device } from './devices.ts'
import type { Exchange } from './exchange.ts'
import type { View } from './view.ts'

const texts = ['DeviceId', 'DeviceType', 'DeviceModel', 'DeviceOS', 'DeviceUserAgent', 'DeviceImei', 'FriendlyName']
const rarely = ['DeviceOSLanguage', 'DeviceMobileOperator', 'DeviceTelephoneNumber']

export function deviceView(exchange: Exchange): View<Device> {
  const stated = Object.fromEntries(
    [...texts, ...rarely].map((name) => [name, (device: Device) => device.stated[name] ?? null]),
  )
  const access = onePerRow((device) => exchange.access(device))
  return {
    stated: (device) => device.stated,
    known: {
      Mailbox: () => undefined, // the world's word, no property of the cmdlets
      Guid: (device) => device.guid,
      DistinguishedName: deviceDn,
      Identity: deviceIdentity,
      Name: deviceName,
      ...stated,
      ClientType: (device) => (exchange.dialect === 'MobileDevice' ? (device.stated.ClientType ?? 'EAS') : undefined),
      DeviceActiveSyncVersion: version,
      ClientVersion: version,
      FirstSyncTime: (device) => device.firstSyncTime,
      UserDisplayName: (device) => device.stated['UserDisplayName'] ?? device.mailbox.identity,
      DeviceAccessState: (device) => access(device).state,
      DeviceAccessStateReason: (device) => access(device).reason,
      DeviceAccessControlRule: (device) => access(device).rule,
      WhenChangedUTC: (device) => device.whenChangedUtc,
    },
  }
}

function version({ stated }: Device): unknown {
  return stated['DeviceActiveSyncVersion'] ?? stated['ClientVersion'] ?? null
}

// State, reason and rule are read one after the other: computed once for the three.
function onePerRow<T>(compute: (device: Device) => T): (device: Device) => T {
  let last: { device: Device; value: T } | undefined
  return (device) => {
    if (last?.device !== device) last = { device, value: compute(device) }
    return last.value
  }
}
