/** How an EAS record is printed (facts/exchange-and-graph.md A3). Pure. */
import { deviceDn, deviceIdentity, deviceName, type Device } from './devices.ts'
import type { Exchange } from './exchange.ts'
import { utc, type View } from './view.ts'

const texts = ['DeviceId', 'DeviceType', 'DeviceModel', 'DeviceOS', 'DeviceUserAgent', 'DeviceImei', 'FriendlyName']
const rarely = ['DeviceOSLanguage', 'DeviceMobileOperator', 'DeviceTelephoneNumber']

export function deviceView(exchange: Exchange): View<Device> {
  const stated = Object.fromEntries(
    [...texts, ...rarely].map((name) => [name, (device: Device) => device.stated[name] ?? null]),
  )
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
      FirstSyncTime: (device) => utc(device.firstSyncTime),
      UserDisplayName: (device) => device.stated['UserDisplayName'] ?? device.mailbox.identity,
      DeviceAccessState: (device) => exchange.access(device).state,
      DeviceAccessStateReason: (device) => exchange.access(device).reason,
      DeviceAccessControlRule: (device) => exchange.access(device).rule,
      WhenChangedUTC: (device) => utc(device.whenChangedUtc),
    },
  }
}

function version({ stated }: Device): unknown {
  return stated['DeviceActiveSyncVersion'] ?? stated['ClientVersion'] ?? null
}
