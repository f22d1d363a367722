/** The EAS records of the world: one object per mailbox and device, below the mailbox in the directory (facts A3, A4). */
import { dnKey, escapeValue, formatDn, parseDn } from './distinguishedName.ts'
import type { Mailbox, Mailboxes } from './mailboxes.ts'
import { utc } from './utc.ts'
import type { StatedDevice } from './world.ts'

export interface Device {
  /** Lower case. */
  readonly guid: string
  stated: StatedDevice
  mailbox: Mailbox
  firstSyncTime: string | null
  whenChangedUtc: string
}

const container = 'ExchangeActiveSyncDevices'

export class Devices {
  readonly #byGuid = new Map<string, Device>()
  // Places of devices whose mailbox is not in the world, by what the device says of its mailbox.
  readonly #orphanages = new Map<string, Mailbox>()
  readonly #mailboxes: Mailboxes

  constructor(mailboxes: Mailboxes) {
    this.#mailboxes = mailboxes
  }

  all(): Iterable<Device> {
    return this.#byGuid.values()
  }

  get(guid: string): Device | undefined {
    return this.#byGuid.get(guid.toLowerCase())
  }

  /** Adds a device, or merges the properties given into the one with the same Guid. `at` stands for times that are not given. */
  put(given: StatedDevice, at: string): Device {
    const existing = this.get(given.Guid)
    const stated = existing ? { ...existing.stated, ...given } : given
    const mailbox = this.#placeOf(stated)
    const device = existing ?? {
      guid: given.Guid.toLowerCase(),
      stated,
      mailbox,
      firstSyncTime: at,
      whenChangedUtc: at,
    }
    if (existing && existing.mailbox !== mailbox) unlink(existing)
    if (!existing || existing.mailbox !== mailbox) mailbox.devices.push(device)
    device.stated = stated
    device.mailbox = mailbox
    if (given.FirstSyncTime !== undefined) device.firstSyncTime = given.FirstSyncTime && utc(given.FirstSyncTime)
    device.whenChangedUtc = utc(given.WhenChangedUTC ?? at)
    this.#byGuid.set(device.guid, device)
    return device
  }

  remove(guid: string): Device | undefined {
    const device = this.get(guid)
    if (!device) return undefined
    this.#byGuid.delete(device.guid)
    unlink(device)
    return device
  }

  /** Moves devices that had no mailbox below the mailbox that has come meanwhile. */
  rehome(): void {
    for (const device of [...this.#orphanages.values()].flatMap((place) => place.devices)) {
      const mailbox = this.#placeOf(device.stated)
      if (mailbox === device.mailbox) continue
      unlink(device)
      mailbox.devices.push(device)
      device.mailbox = mailbox
    }
  }

  /** By Guid, DN or canonical identity; a bare DeviceId names nothing (facts A2). */
  find(identity: string): readonly Device[] {
    const byGuid = this.get(identity)
    if (byGuid) return [byGuid]
    const wanted = identity.toLowerCase()
    const parts = parseDn(identity)
    const place = parts ? dnKey(parts.slice(2)) : wanted.slice(0, wanted.lastIndexOf(`/${container.toLowerCase()}/`))
    const candidates = this.#places(place).flatMap((mailbox) => mailbox.devices)
    return candidates.filter((device) =>
      parts ? dnKey(parseDn(deviceDn(device)) ?? []) === dnKey(parts) : deviceIdentity(device).toLowerCase() === wanted,
    )
  }

  #places(key: string): readonly Mailbox[] {
    if (key === '') return []
    const orphanages = [...this.#orphanages.values()]
    const isHere = (place: Mailbox) => dnKey(parseDn(place.dn) ?? []) === key || place.identity.toLowerCase() === key
    return [...this.#mailboxes.find(key), ...orphanages.filter(isHere)]
  }

  // `Mailbox` is a mailbox Guid; anything else that names one mailbox is taken as well. Without it the DN tells.
  #placeOf(stated: StatedDevice): Mailbox {
    const parent = stated.DistinguishedName ? parseDn(stated.DistinguishedName)?.slice(2) : undefined
    const named = stated.Mailbox ?? (parent && dnKey(parent)) ?? ''
    const [mailbox] = this.#mailboxes.find(named)
    if (mailbox) return mailbox
    const orphanage =
      this.#orphanages.get(named) ?? this.#mailboxes.place(named || stated.Guid, parent && formatDn(parent))
    this.#orphanages.set(named, orphanage)
    return orphanage
  }
}

/** `<DeviceType>§<DeviceId>` */
export function deviceName(device: Device): string {
  const { stated } = device
  return typeof stated['Name'] === 'string' ? stated['Name'] : `${stated.DeviceType ?? ''}§${stated.DeviceId ?? ''}`
}

export function deviceDn(device: Device): string {
  return device.stated.DistinguishedName ?? `CN=${escapeValue(deviceName(device))},CN=${container},${device.mailbox.dn}`
}

/** `contoso.com/Users/Ana Gomes/ExchangeActiveSyncDevices/iPhone§ApplDX3K10` */
export function deviceIdentity(device: Device): string {
  const stated = device.stated['Identity']
  if (typeof stated === 'string') return stated
  return `${device.mailbox.identity}/${container}/${deviceName(device).replaceAll('/', '\\/')}`
}

function unlink(device: Device): void {
  const { devices } = device.mailbox
  devices.splice(devices.indexOf(device), 1)
}
