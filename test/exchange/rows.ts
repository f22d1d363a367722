/** Rows as a relay sends them, for tests that need many. */
import type { Row } from '../../protocol/messages.ts'

export function guidOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
}

export function mailboxRow(index: number, changes: Row = {}): Row {
  return {
    Guid: guidOf(index),
    DistinguishedName: `CN=user${index},OU=Users,DC=contoso,DC=com`,
    ActiveSyncAllowedDeviceIDs: [],
    ActiveSyncBlockedDeviceIDs: [],
    ...changes,
  }
}

export function deviceRow(index: number, changes: Row = {}): Row {
  const name = `CN=iPhone§Appl${index},CN=ExchangeActiveSyncDevices,CN=user${index},OU=Users,DC=contoso,DC=com`
  return { Guid: guidOf(index), DistinguishedName: name, DeviceId: `Appl${index}`, ...changes }
}

export function range<T>(from: number, to: number, make: (index: number) => T): T[] {
  return Array.from({ length: to - from }, (_, index) => make(from + index))
}
