/** How DeviceIds are compared (facts/exchange-and-graph.md E1, E2). Pure. */

/** On a mailbox's lists: case ignored, nothing else. Two ids that differ by a blank are two ids to Exchange. */
export function deviceKey(deviceId: string): string {
  return deviceId.toLowerCase()
}

/** Between Exchange and Intune: trimmed, too. */
export function easKey(deviceId: string): string {
  return deviceId.trim().toLowerCase()
}

/** The entry of a list that names the device, as Exchange spells it; undefined when none does. */
export function findEntry(list: readonly string[], key: string): string | undefined {
  // No look at the lengths first: İ is longer in lower case
  for (const entry of list) if (deviceKey(entry) === key) return entry
  return undefined
}
