/** What of a record, beside its last sync, keeps it from being removed as stale: pins, blocks of somebody else's, wipes. */
import { deviceKey, findEntry } from '../core/deviceKey.ts'
import { ownLists } from '../core/ownLists.ts'
import { holdingPin, type Pin } from '../core/pin.ts'
import type { StaleFacts } from '../core/stale.ts'
import type { EasRecord } from '../core/types.ts'
import type { DeviceLists, Ports } from '../ports.ts'
import type { StoredMailbox } from './storedMailboxes.ts'

/** `lists`: the mailbox's two lists as they were read at `readAtMs`. */
export function staleFacts(
  record: Pick<EasRecord, 'guid' | 'deviceId'>,
  { mailbox, entries, pins }: StoredMailbox,
  { lists, readAtMs, listedPins, nowMs }: StaleContext,
): Omit<StaleFacts, 'said' | 'isWipeClaimed'> {
  const isPinned = holdingPin(record.guid, [...pins, ...listedPins], nowMs) !== null
  if (!mailbox) return { isPinned, isBlockedByOther: false }
  const own = ownLists({ ...mailbox, ...lists }, entries, readAtMs)
  const key = deviceKey(record.deviceId)
  const isBlocked = findEntry(own.lists.blocked, key) !== undefined
  const isOwn = own.present.some(({ list, deviceId }) => list === 'blocked' && deviceKey(deviceId) === key)
  return { isPinned, isBlockedByOther: isBlocked && !isOwn }
}

export interface StaleContext {
  readonly lists: DeviceLists
  readonly readAtMs: number
  /** Of the settings, as long as no sync has made them pins of their own. */
  readonly listedPins: readonly Pin[]
  readonly nowMs: number
}

/** A wipe of easgate's that is being sent, or may have been: Exchange need not show it yet. */
export async function isWipeClaimed({ store }: Ports, connectorId: string, record: string): Promise<boolean> {
  const wipe = await store.ledgerWipe(connectorId, record)
  return wipe?.value.state === 'claimed' || wipe?.value.state === 'unknown'
}
