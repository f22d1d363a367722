/** The contract of the Store, on the fake that the sync's tests use and on the tables in a real Azurite, well and on a bad day. */
import { tableStore } from '../../functions/store/tableStore.ts'
import { connectionStringFor, startAzurite } from '../azurite.ts'
import { storeContract } from '../contract/store.ts'
import { fakeStore } from '../fakes/storeFake.ts'
import { startFaultProxy, type Fault } from './faultProxy.ts'

storeContract('the fake store', async () => {
  const store = fakeStore()
  return { open: () => store }
})

storeContract('the table store', async () => {
  const azurite = await startAzurite()
  return { open: () => tableStore({ service: azurite.connectionString }), close: () => azurite.close() }
})

/** By the number of the request, first tries only: the client's retry gets through. */
const badDay: readonly (Fault | null)[] = ['busy', 'shortPage', 'lostAnswer', 'emptyPage', 'lostAnswer']

storeContract('the table store behind a service that is busy, loses answers and cuts pages', async () => {
  const azurite = await startAzurite()
  const proxy = await startFaultProxy(azurite.tableUrl)
  let requests = 0
  proxy.choose = ({ isRepeated }) => (isRepeated ? null : (badDay[requests++ % badDay.length] ?? null))
  const service = connectionStringFor(proxy.url, azurite.queueUrl)
  return {
    open: () => tableStore({ service, retryDelayMs: 1 }),
    async close() {
      await proxy.close()
      await azurite.close()
    },
  }
})
