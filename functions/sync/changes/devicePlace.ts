/** Where rows are kept to be found again by an id of Graph, and what of a device a decision depends on. Pure. */
import type { Activation } from '../../core/activation.ts'
import { dayMs, syncDaysOf } from '../../core/extraRules.ts'
import type { IntuneDevice, Policy } from '../../core/types.ts'
import type { Place, StoredRow } from '../../portsStore.ts'

/**
 * Two states of a device with the same text are decided alike. When it last reported counts only for doubles, and for extra rules that count days: then
 * it stands behind the rest (isDecidedAlike).
 */
export function decisiveText(device: IntuneDevice, { settings }: Pick<Policy, 'settings'>): string {
  const { lastSync, operatingSystem: _system, model: _model, ...decisive } = device
  const counts = syncDaysOf(settings.extraRules).length > 0
  return JSON.stringify(counts ? { ...decisive, lastSync } : decisive)
}

/*
 * known before                       | now                  | decided
 * other but for the last report      | -                    | otherwise
 * no last report (rules count days)  | -                    | otherwise, as far as is known
 * silent for as many of the days     | the same             | alike
 * silent for as many of the days     | for more or fewer    | otherwise
 */
export function isDecidedAlike(
  text: string,
  device: IntuneDevice,
  { settings }: Pick<Policy, 'settings'>,
  nowMs: number,
): boolean {
  const days = syncDaysOf(settings.extraRules)
  const { lastSync, ...known } = JSON.parse(text) as Pick<IntuneDevice, 'lastSync'>
  if (JSON.stringify(known) !== decisiveText(device, { settings: { ...settings, extraRules: [] } })) return false
  if (days.length === 0) return true
  if (lastSync === undefined) return false
  const silence = (at: string | null) =>
    days.filter((day) => at !== null && nowMs - Date.parse(at) >= day * dayMs).length
  return silence(lastSync) === silence(device.lastSync)
}

/** The texts of the devices at a place: several may share an Entra device. */
export function textsAt({ data }: Place): readonly string[] {
  return JSON.parse(data) as string[]
}

/** The places that these rows make, by key. A device without an Entra device is kept by its own id: no delta tells of it. */
export function placesOf(rows: readonly StoredRow[], policy: Pick<Policy, 'settings'>): Map<string, Place> {
  const places = new Map<string, Place>()
  const add = (place: Omit<Place, 'data'>, text: string | null) => {
    const key = `${place.kind}|${place.id}|${place.mailboxGuid}`
    const before = places.get(key)
    const texts = [...(before ? textsAt(before) : []), ...(text === null ? [] : [text])].toSorted()
    places.set(key, { ...place, data: text === null ? '' : JSON.stringify(texts) })
  }
  for (const { kind, id, mailboxGuid, data } of rows) {
    if (kind === 'user' || kind === 'record' || kind === 'pin' || kind === 'activation') {
      add({ kind, id, mailboxGuid }, null)
    }
    if (kind === 'activation') {
      for (const bound of boundIds(JSON.parse(data) as Activation)) add({ kind: 'bound', id: bound, mailboxGuid }, null)
    }
    if (kind !== 'device') continue
    const device = JSON.parse(data) as IntuneDevice
    const { azureAdDeviceId } = device
    const where =
      azureAdDeviceId === null ? ({ kind: 'loose', id } as const) : ({ kind: 'device', id: azureAdDeviceId } as const)
    add({ ...where, mailboxGuid }, decisiveText(device, policy))
  }
  return places
}

/** Ids by which a device is found that Intune knows no EAS id of. */
export function boundIds({ state, intuneDeviceId, azureAdDeviceId }: Activation): string[] {
  return state === 'bound' ? [intuneDeviceId, azureAdDeviceId].filter((id) => id !== null) : []
}
