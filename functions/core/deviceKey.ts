/** How two DeviceIds are compared: trimmed, case ignored (facts/exchange-and-graph.md E1, E2). Pure. */

export function deviceKey(deviceId: string): string {
  return deviceId.trim().toLowerCase()
}

/** The entry of a list that names the device, as Exchange spells it; undefined when none does. */
export function findEntry(list: readonly string[], key: string): string | undefined {
  // No look at the lengths first: İ is longer in lower case
  for (const entry of list) if (deviceKey(entry) === key) return entry
  return undefined
}
