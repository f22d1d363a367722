/** Which Intune devices are kept: those that could match a record, by the EAS id that Intune knows or by a person's activation. */
import type { Activation } from '../core/activation.ts'
import type { IntuneDevice } from '../core/types.ts'
import type { Store, StoredRow } from '../portsStore.ts'
import { boundIds } from './changes/devicePlace.ts'

const perPage = 1000

/** Without either it can match nothing: most of a tenant's computers. `bound`: ids of Intune's and of Entra's devices. */
export function isKept({ id, azureAdDeviceId, easDeviceId }: IntuneDevice, bound: ReadonlySet<string>): boolean {
  return easDeviceId !== null || bound.has(id) || (azureAdDeviceId !== null && bound.has(azureAdDeviceId))
}

/** Of one mailbox, by its rows. */
export function boundOf(rows: readonly StoredRow[]): ReadonlySet<string> {
  const own = rows.filter(({ kind }) => kind === 'activation')
  return new Set(own.flatMap(({ data }) => boundIds(JSON.parse(data) as Activation)))
}

/** Of the connector; one too many does no harm. */
export async function allBound(store: Store, connectorId: string): Promise<ReadonlySet<string>> {
  const bound = new Set<string>()
  for (let after: string | null = ''; after !== null;) {
    const page = await store.listPlaces(connectorId, 'bound', { after, to: null, top: perPage })
    for (const { id } of page) bound.add(id)
    after = page.length < perPage ? null : (page.at(-1)?.id ?? null)
  }
  return bound
}

/** A connector with fewer bindings than this has them read in one go. */
const fewBound = 1000

/** Those of the ids that a binding names. */
export async function boundAmong(
  store: Pick<Store, 'listPlaces' | 'places'>,
  connectorId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const few = await store.listPlaces(connectorId, 'bound', { after: '', to: null, top: fewBound })
  const places = few.length < fewBound ? few : await store.places(connectorId, 'bound', ids)
  const asked = new Set(ids)
  return new Set(places.flatMap(({ id }) => (asked.has(id) ? [id] : [])))
}
