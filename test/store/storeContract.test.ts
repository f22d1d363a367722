/** The contract of the Store, on the fake that the sync's tests use and on the tables in a real Azurite. */
import { tableStore } from '../../functions/store/tableStore.ts'
import { startAzurite } from '../azurite.ts'
import { storeContract } from '../contract/store.ts'
import { fakeStore } from '../fakes/storeFake.ts'

storeContract('the fake store', async () => {
  const store = fakeStore()
  return { open: () => store }
})

storeContract('the table store', async () => {
  const azurite = await startAzurite()
  return { open: () => tableStore({ service: azurite.connectionString }), close: () => azurite.close() }
})
