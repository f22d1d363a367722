/** What Exchange tells of one record only when it is asked for it. Types. */

/** Times are ISO-8601 UTC; null: it never happened, or Exchange does not say. */
export interface DeviceStatus {
  /** UserMailbox, LinkedMailbox, SharedMailbox, RoomMailbox …; null where the account may not read it. */
  readonly mailboxKind: string | null
  readonly status: string | null
  readonly lastSyncAttempt: string | null
  readonly lastSuccessSync: string | null
  readonly wipe: WipeTimes
  /** Of the account alone (Exchange 2016 and later). */
  readonly accountOnlyWipe: WipeTimes
}

interface WipeTimes {
  readonly requested: string | null
  readonly sent: string | null
  readonly acknowledged: string | null
}
