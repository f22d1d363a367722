import type { DeviceLists } from '../../functions/ports.ts'
import { fakeExchange } from '../fakes/exchangeFake.ts'
import { exchangeContract, type ExchangeSide } from './exchange.ts'
import { world } from './exchangeWorld.ts'

async function openFake(): Promise<ExchangeSide> {
  const fake = fakeExchange(world)
  return {
    exchange: fake,
    connectorId: 'contoso',
    setLists: async (guid, { allowed, blocked }: DeviceLists) =>
      fake.state.putMailbox({ Guid: guid, ActiveSyncAllowedDeviceIDs: allowed, ActiveSyncBlockedDeviceIDs: blocked }),
    removeMailbox: async (guid) => fake.state.removeMailbox(guid),
    cut: async () => fake.cut(),
    async withoutRelay() {
      fake.faults.noRelay = true
      return async () => {
        fake.faults.noRelay = false
      }
    },
    close: async () => {},
  }
}

exchangeContract('the fake', openFake)
