/** Where rows are kept to be found again by an id of Graph, and what of a device a decision depends on. Pure. */
import type { IntuneDevice } from '../../core/types.ts'
import type { Place, StoredRow } from '../../portsStore.ts'

/** Two states of a device with the same text are decided alike: when it last reported does not count, but for doubles. */
export function decisiveText(device: IntuneDevice): string {
  const { lastSync: _lastSync, operatingSystem: _system, model: _model, ...decisive } = device
  return JSON.stringify(decisive)
}

/** The texts of the devices at a place: several may share an Entra device. */
export function textsAt({ data }: Place): readonly string[] {
  return JSON.parse(data) as string[]
}

/** The places that these rows make, by key. A device without an Entra device is kept by its own id: no delta tells of it. */
export function placesOf(rows: readonly StoredRow[]): Map<string, Place> {
  const places = new Map<string, Place>()
  const add = (place: Omit<Place, 'data'>, text: string | null) => {
    const key = `${place.kind}|${place.id}|${place.mailboxGuid}`
    const before = places.get(key)
    const texts = [...(before ? textsAt(before) : []), ...(text === null ? [] : [text])].toSorted()
    places.set(key, { ...place, data: text === null ? '' : JSON.stringify(texts) })
  }
  for (const { kind, id, mailboxGuid, data } of rows) {
    if (kind === 'user') add({ kind: 'user', id, mailboxGuid }, null)
    if (kind !== 'device') continue
    const device = JSON.parse(data) as IntuneDevice
    const { azureAdDeviceId } = device
    const where =
      azureAdDeviceId === null ? ({ kind: 'loose', id } as const) : ({ kind: 'device', id: azureAdDeviceId } as const)
    add({ ...where, mailboxGuid }, decisiveText(device))
  }
  return places
}
