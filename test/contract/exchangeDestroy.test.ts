import { fakeExchange } from '../fakes/exchangeFake.ts'
import { openChain } from './exchangeChain.ts'
import { destroyContract, destroyWorld } from './exchangeDestroy.ts'

destroyContract('the fake', async (isAllowed) => {
  const exchange = fakeExchange(destroyWorld)
  exchange.state.now = () => new Date()
  exchange.destroys.isRefused = !isAllowed
  return { exchange, connectorId: 'contoso', close: async () => {} }
})

destroyContract('through rendezvous, relay and stand-in to the simulated Exchange', (isAllowed) =>
  openChain(destroyWorld, undefined, isAllowed ? { config: { allow: { wipe: true, removePartnership: true } } } : {}),
)
