/** Pins as rows beside their mailbox's: set, taken away, listed. Each touches its mailbox alone; the next quick sync decides it again. */
import { partitionOf } from '../core/partition.ts'
import type { Pin } from '../core/pin.ts'
import type { Ports } from '../ports.ts'
import type { Place, RowKey, Store, StoredRow } from '../portsStore.ts'
import { dueAt } from './changes/due.ts'
import { storedMailbox, type StoredMailbox } from './storedMailboxes.ts'

export interface FoundPin {
  readonly pin: Pin
  readonly mailbox: StoredMailbox
}

/** The one that stands in place of any before it. The place comes first: one too many is passed over when pins are listed. */
export async function setPin(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  connectorId: string,
  mailboxGuid: string,
  pin: Pin,
): Promise<void> {
  const row = pinRow(mailboxGuid, pin)
  await store.writePlaces(connectorId, [pinPlace(mailboxGuid, pin.record)], [])
  await store.writeRows(connectorId, partitionOf(mailboxGuid), [row], [])
  const ends = pin.until === null ? [] : [Date.parse(pin.until)]
  await store.writePlaces(connectorId, dueNow(mailboxGuid, [clock.now().getTime(), ...ends]), [])
}

/** Repeatable. */
export async function removePin(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  connectorId: string,
  mailboxGuid: string,
  record: string,
): Promise<void> {
  await store.writeRows(connectorId, partitionOf(mailboxGuid), [], [pinKey(mailboxGuid, record)])
  await store.writePlaces(connectorId, dueNow(mailboxGuid, [clock.now().getTime()]), [])
  await store.writePlaces(connectorId, [], [pinPlace(mailboxGuid, record)])
}

/** In the order of their records, from `after` (exclusive; '' from the start); `next` is where to go on, null at the end. */
export async function listPins(
  store: Store,
  connectorId: string,
  after: string,
  top: number,
): Promise<{ readonly pins: readonly FoundPin[]; readonly next: string | null }> {
  const places = await store.listPlaces(connectorId, 'pin', { after, to: null, top: top + 1 })
  const page = places.slice(0, top)
  const pins = await Promise.all(page.map(async (place) => findPin(store, connectorId, place)))
  return { pins: pins.filter((one) => one !== null), next: places.length > top ? (page.at(-1)?.id ?? null) : null }
}

async function findPin(store: Store, connectorId: string, { id, mailboxGuid }: Place): Promise<FoundPin | null> {
  const mailbox = await storedMailbox(store, connectorId, mailboxGuid)
  const pin = mailbox?.pins.find(({ record }) => record === id)
  return mailbox && pin ? { pin, mailbox } : null
}

/** Records that Exchange listed without a mailbox have a key that it does not know: they wait for the full sync. */
function dueNow(mailboxGuid: string, times: readonly number[]): Place[] {
  return mailboxGuid.startsWith('dn:') ? [] : [...new Set(times)].map((timeMs) => dueAt(mailboxGuid, timeMs))
}

export function pinRow(mailboxGuid: string, pin: Pin): StoredRow {
  return { ...pinKey(mailboxGuid, pin.record), data: JSON.stringify(pin), decision: null }
}

function pinKey(mailboxGuid: string, record: string): RowKey {
  return { mailboxGuid, kind: 'pin', id: record }
}

function pinPlace(mailboxGuid: string, record: string): Place {
  return { kind: 'pin', id: record, mailboxGuid, data: '' }
}
