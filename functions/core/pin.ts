/** An administrator's word for one EAS record: row 3 of the decision table. Pure. */

export interface Pin {
  /** Guid of the EAS record, lower case. */
  readonly record: string
  readonly access: 'allow' | 'block'
  readonly note: string
  /** ISO-8601 UTC, or null for no end. */
  readonly until: string | null
}

/** The record's pin that holds now. */
export function holdingPin(record: string, pins: readonly Pin[], nowMs: number): Pin | null {
  return pins.find((pin) => pin.record === record && !hasEnded(pin, nowMs)) ?? null
}

/*
 * pin of its own | in the settings' list | becomes the record's own
 * none           | either                | the list's
 * ended          | not ended             | the list's
 * ended          | ended                 | -
 * not ended      | either                | -
 */
/** Pins of the settings' list that become pins of their own, of these records. `own`: theirs so far. */
export function takenPins(
  records: readonly string[],
  own: readonly Pin[],
  listed: readonly Pin[],
  nowMs: number,
): readonly Pin[] {
  return listed.filter((pin) => {
    if (!records.includes(pin.record)) return false
    const known = own.find(({ record }) => record === pin.record)
    return !known || (hasEnded(known, nowMs) && !hasEnded(pin, nowMs))
  })
}

export function hasEnded({ until }: Pick<Pin, 'until'>, nowMs: number): boolean {
  return until !== null && Date.parse(until) <= nowMs
}
