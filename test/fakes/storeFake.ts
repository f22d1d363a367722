/** The Store port in memory, as strict as Table Storage: it refuses wrong ETags, rows that come twice, unknown keys. Values go in and out as JSON. */
import { createHash } from 'node:crypto'
import type { Store } from '../../functions/portsStore.ts'
import { mails } from './storeFakeMails.ts'
import { audit, changes } from './storeFakePlan.ts'
import { places, records, staging } from './storeFakeRows.ts'
import { documents, organizations, relays, runs, wipes } from './storeFakeState.ts'

interface FakeStoreOptions {
  /** ETags are made of it, as Azure's are of its clock. */
  readonly now?: () => Date
  /** SHA-256 of a text as 64 hex digits. */
  readonly hash?: (text: string) => string
}

export function fakeStore({ now = () => new Date(0), hash = sha256 }: FakeStoreOptions = {}): Store {
  let writes = 0
  let requests = 0
  const nextEtag = () => `W/"datetime'${now().toISOString()}';${(writes += 1)}"`
  const store: Store = {
    ...documents(nextEtag),
    ...organizations(nextEtag),
    ...relays(nextEtag),
    ...runs(nextEtag),
    ...staging(),
    ...records(),
    ...places(),
    ...changes(),
    ...mails(nextEtag),
    ...wipes(nextEtag),
    ...audit(hash),
    requests: () => requests,
    operations: () => requests,
  }
  return new Proxy(store, {
    get(target, name, receiver) {
      if (name !== 'requests' && name !== 'operations') requests += 1
      return Reflect.get(target, name, receiver) as unknown
    },
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
