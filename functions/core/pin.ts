/** An administrator's word for one EAS record: row 3 of the decision table. Pure. */

export interface Pin {
  /** Guid of the EAS record, lower case. */
  readonly record: string
  readonly access: 'allow' | 'block'
  readonly note: string
  /** ISO-8601 UTC, or null for no end. */
  readonly until: string | null
}

/*
 * pin of its own | in the settings' list | holds
 * not ended      | either                | the one of its own
 * ended, or none | not ended             | the list's
 * ended, or none | ended, or none        | none
 */
export function holdingPin(
  record: string,
  own: readonly Pin[],
  ofSettings: ReadonlyMap<string, Pin>,
  nowMs: number,
): Pin | null {
  const found = own.find((pin) => pin.record === record && !hasEnded(pin, nowMs))
  const listed = ofSettings.get(record)
  return found ?? (listed && !hasEnded(listed, nowMs) ? listed : null)
}

export function hasEnded({ until }: Pick<Pin, 'until'>, nowMs: number): boolean {
  return until !== null && Date.parse(until) <= nowMs
}
