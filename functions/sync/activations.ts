/** Activations as rows beside their mailbox's: saved, found, listed. Each touches its mailbox alone, which the next quick sync decides again. */
import { names, type Activation } from '../core/activation.ts'
import { easKey } from '../core/deviceKey.ts'
import { partitionOf } from '../core/partition.ts'
import type { IntuneDevice } from '../core/types.ts'
import type { Ports } from '../ports.ts'
import type { Place, Store, StoredRow } from '../portsStore.ts'
import { boundIds } from './changes/devicePlace.ts'
import { dueAt } from './changes/due.ts'
import { storedMailbox, type StoredMailbox } from './storedMailboxes.ts'

export interface FoundActivation {
  readonly activation: Activation
  readonly mailbox: StoredMailbox
}

/** In place of the record's one before, if any. Places come first and go last: one too many leads nowhere. */
export async function saveActivation(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  connectorId: string,
  mailbox: StoredMailbox,
  activation: Activation,
): Promise<void> {
  const { guid: mailboxGuid } = mailbox
  const { record } = activation
  const row: StoredRow = {
    mailboxGuid,
    kind: 'activation',
    id: record,
    data: JSON.stringify(activation),
    decision: null,
  }
  const places = placesOf(mailboxGuid, activation)
  await store.writePlaces(connectorId, places, [])
  await store.writeRows(connectorId, partitionOf(mailboxGuid), [row], [])
  await store.writePlaces(connectorId, [dueAt(mailboxGuid, clock.now().getTime())], [])
  const others = mailbox.activations.filter((one) => one.record !== record)
  const needed = new Set([activation, ...others].flatMap((one) => placesOf(mailboxGuid, one)).map(({ id }) => id))
  const before = activationOf(mailbox, record)
  const stale = before ? placesOf(mailboxGuid, before).filter(({ id }) => !needed.has(id)) : []
  if (stale.length > 0) await store.writePlaces(connectorId, [], stale)
}

export function activationOf({ activations }: StoredMailbox, record: string): Activation | null {
  return activations.find((one) => one.record === record) ?? null
}

/** In the order of their records, from `after` (exclusive; '' from the start); `next` is where to go on, null at the end. */
export async function listActivations(
  store: Store,
  connectorId: string,
  after: string,
  top: number,
): Promise<{ readonly found: readonly FoundActivation[]; readonly next: string | null }> {
  const places = await store.listPlaces(connectorId, 'activation', { after, to: null, top: top + 1 })
  const page = places.slice(0, top)
  const found = await Promise.all(
    page.map(async ({ id, mailboxGuid }): Promise<FoundActivation | null> => {
      const mailbox = await storedMailbox(store, connectorId, mailboxGuid)
      const activation = mailbox && activationOf(mailbox, id)
      return mailbox && activation ? { activation, mailbox } : null
    }),
  )
  return { found: found.filter((one) => one !== null), next: places.length > top ? (page.at(-1)?.id ?? null) : null }
}

/** Intune ids of those devices that are bound to another EAS id than this, in any of the connectors. */
export async function boundToOther(
  store: Store,
  connectorIds: readonly string[],
  devices: readonly IntuneDevice[],
  deviceId: string,
): Promise<ReadonlySet<string>> {
  const ids = devices.flatMap(({ id, azureAdDeviceId }) => [id, ...(azureAdDeviceId === null ? [] : [azureAdDeviceId])])
  const found = new Set<string>()
  for (const connectorId of ids.length === 0 ? [] : connectorIds) {
    const places = await store.places(connectorId, 'bound', ids)
    for (const guid of new Set(places.map(({ mailboxGuid }) => mailboxGuid))) {
      const { activations = [] } = (await storedMailbox(store, connectorId, guid)) ?? {}
      const others = activations.filter((one) => one.state === 'bound' && easKey(one.deviceId) !== easKey(deviceId))
      for (const device of devices) if (others.some((one) => names(one, device))) found.add(device.id)
    }
  }
  return found
}

function placesOf(mailboxGuid: string, activation: Activation): Place[] {
  return [
    { kind: 'activation', id: activation.record, mailboxGuid, data: '' },
    ...boundIds(activation).map((id): Place => ({ kind: 'bound', id, mailboxGuid, data: '' })),
  ]
}
