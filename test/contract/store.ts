/** What every Store does: one suite that the fake and the tables pass. `open` gives a client of the same data each time it is called. */
import { afterAll, beforeAll, describe } from 'vitest'
import type { Store } from '../../functions/portsStore.ts'
import { mailsContract } from './storeMails.ts'
import { placesContract } from './storePlaces.ts'
import { planContract } from './storePlan.ts'
import { rowsContract } from './storeRows.ts'
import { stateContract } from './storeState.ts'
import type { StoreTest } from './storeTest.ts'
import { wipesContract } from './storeWipes.ts'

interface StoreUnderTest {
  open(): Store
  close?(): Promise<void>
}

export function storeContract(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let stores: readonly Store[] = []
    let ids = 0
    let close: () => Promise<void>
    beforeAll(async () => {
      const underTest = await start()
      stores = [underTest.open(), underTest.open()]
      close = () => underTest.close?.() ?? Promise.resolve()
    })
    afterAll(async () => {
      await close()
    })
    const opened = (index: number): Store => {
      const store = stores[index]
      if (!store) throw new Error('the store is not open yet')
      return store
    }
    const test: StoreTest = { store: () => opened(0), other: () => opened(1), newId: () => `c${(ids += 1)}` }
    stateContract(test)
    rowsContract(test)
    placesContract(test)
    planContract(test)
    mailsContract(test)
    wipesContract(test)
  })
}
