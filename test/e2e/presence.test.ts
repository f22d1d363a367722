/** The status of a connector whose syncs are rare, over the real rendezvous, relay process and greeting; the cloud side's clock is the test's. */
import { afterAll, expect, test } from 'vitest'
import { connectorStatus } from '../../functions/api/connectorStatus.ts'
import { newConnector } from '../../functions/core/run.ts'
import { checkPresence } from '../../functions/sync/checkPresence.ts'
import { openChain, type Chain } from '../contract/exchangeChain.ts'
import { handlers } from '../handlers/handlerFixture.ts'

let chain: Chain | undefined
afterAll(async () => chain?.close())

test('turns within 90 s of the last relay leaving and back when one comes, without any sync and without a word to Exchange', async () => {
  const { ports, clock, store } = handlers()
  const now = () => clock.now()
  chain = await openChain({ organization: 'Contoso' }, undefined, { cloud: { store, now } })
  const cloud = { ...ports, exchange: chain.exchange }
  const { connectorId } = chain
  const tick = async () => {
    clock.advance(60_000)
    return checkPresence(cloud, connectorId)
  }
  const status = async (afterMs = 0) => {
    const state = { ...newConnector(connectorId), ...(await store.document(connectorId, 'connector'))?.value }
    return connectorStatus(await store.relays(connectorId), state, new Date(now().getTime() + afterMs))
  }
  expect(await status()).toBe('none')
  expect([await tick(), await status()]).toEqual(['relayNotApproved', 'connectionPending'])
  const [relay] = await store.relays(connectorId)
  const found = await store.relay(connectorId, relay?.fingerprint ?? '')
  if (!found) throw new Error('no relay was recorded')
  await store.saveRelay(connectorId, { ...found.value, state: 'approved' }, found.etag)

  const ran = chain.exchangeRequests()
  for (let minute = 0; minute < 5; minute += 1) {
    expect([await tick(), await status()]).toEqual(['here', 'connected'])
    // Also where the next tick is half a minute late
    expect(await status(89_000)).toBe('connected')
  }

  expect(chain.exchangeRequests()).toBe(ran)

  const comesBack = await chain.withoutRelay()
  expect(await status()).toBe('connected')
  expect([await tick(), await status()]).toEqual(['noRelay', 'disconnected'])
  expect([await tick(), await status()]).toEqual(['noRelay', 'disconnected'])

  await comesBack()
  expect([await tick(), await status()]).toEqual(['here', 'connected'])
  expect(await store.document(connectorId, 'connector')).toMatchObject({ value: { noRelaySince: null } })
  expect(await store.runs(connectorId, 9)).toEqual([])
}, 60_000)
