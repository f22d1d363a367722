import { expect, test } from 'vitest'
import { collect } from '../exchange/collect.ts'
import { exchangeContract } from './exchange.ts'
import { openChain } from './exchangeChain.ts'
import { many, world } from './exchangeWorld.ts'

exchangeContract('through rendezvous, relay and stand-in to the simulated Exchange', () => openChain(world))

test('Exchange 2010, which has neither the cmdlets of mobile devices nor a client type, is read with its own cmdlets', async () => {
  const side = await openChain({ ...world, dialect: 'ActiveSyncDevice' })
  try {
    const [records, configuration] = await side.exchange.converse(side.connectorId, async (conversation) => [
      (await collect(conversation.records())).flat(),
      await conversation.configuration(),
    ])
    expect(records).toHaveLength(many)
    expect(new Set(records.map((record) => record.clientType))).toEqual(new Set([null]))
    expect(configuration.mailboxPolicies.length).toBeGreaterThan(0)
  } finally {
    await side.close()
  }
})
