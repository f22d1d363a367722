import { expect, test } from 'vitest'
import type { Place } from '../../functions/portsStore.ts'
import { boundAmong } from '../../functions/sync/boundDevices.ts'
import { fakeStore } from '../fakes/storeFake.ts'

test.each([0, 3, 1500])(
  'of %i bindings those that name one of the ids are found, and asking for none costs nothing',
  async (count) => {
    const store = fakeStore()
    const place = (id: string): Place => ({ kind: 'bound', id, mailboxGuid: 'm1', data: '' })
    const ids = Array.from({ length: count }, (_, index) => `e${index}`)
    await store.writePlaces('contoso', ids.map(place), [])
    await store.writePlaces('fabrikam', [place('other')], [])
    const last = ids.slice(-1)
    expect(await boundAmong(store, 'contoso', ['other', 'x', ...last])).toEqual(new Set(last))
    const before = store.requests()
    expect(await boundAmong(store, 'contoso', [])).toEqual(new Set())
    expect(store.requests()).toBe(before)
  },
)
