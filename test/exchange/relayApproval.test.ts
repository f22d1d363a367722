import { describe, expect, test } from 'vitest'
import { aboutOf } from '../../functions/exchange/relayApproval.ts'
import { approval, exchangeUnderTest, testNow } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, relayInfo } from './scriptedRelay.ts'

const start = relayStarter()

describe('approval', () => {
  const notApproved = { code: 'relayNotApproved', retryable: false }

  test('records an unknown relay as pending and names the fingerprint to compare', async () => {
    const relay = await start()
    const { exchange, saved } = exchangeUnderTest([relay], {}, [])
    const { fingerprint, publicKey } = relay.signer
    await expect(exchange.converse(connectorId, async () => 1)).rejects.toMatchObject({
      ...notApproved,
      message: expect.stringMatching(new RegExp(`RELAY01.*${fingerprint}.*approve it`)),
    })
    const at = testNow.toISOString()
    const about = aboutOf(relayInfo)
    expect(saved).toEqual([
      { fingerprint, publicKey, state: 'pending', host: 'RELAY01', firstSeen: at, lastSeen: at, about },
    ])
  })

  test('stays out while a relay is pending, and does not touch a rejected one', async () => {
    const relay = await start()
    for (const state of ['pending', 'rejected'] as const) {
      const known = approval(relay, { state, lastSeen: '2026-11-01T00:00:00.000Z' })
      const { exchange, saved } = exchangeUnderTest([relay], {}, [known])
      await expect(exchange.converse(connectorId, async () => 1)).rejects.toMatchObject(notApproved)
      const seen = { ...known, lastSeen: testNow.toISOString() }
      expect(saved).toEqual(state === 'pending' ? [seen] : [])
    }
  })

  test('records that an approved relay was seen, but not for every conversation', async () => {
    const relay = await start()
    const recent = exchangeUnderTest([relay], {}, [approval(relay)])
    await recent.exchange.converse(connectorId, async () => {})
    expect(recent.saved).toEqual([])
    const about = { ...aboutOf(relayInfo), server: 'ex2.contoso.com' }
    for (const old of [{ lastSeen: '2026-11-05T11:59:29.000Z' }, { host: 'OLD' }, { about }, { about: null }]) {
      const before = approval(relay, old)
      const later = exchangeUnderTest([relay], {}, [before])
      await later.exchange.converse(connectorId, async () => {})
      const now = { host: 'RELAY01', about: aboutOf(relayInfo), lastSeen: testNow.toISOString() }
      expect(later.saved).toEqual([{ ...before, ...now }])
    }
  })

  test('dials again when a new relay answers beside an approved one', async () => {
    const unknown = await start()
    const approved = await start()
    const { exchange, saved } = exchangeUnderTest([unknown, approved], {}, [approval(approved)])
    const fingerprint = await exchange.converse(connectorId, async ({ relay }) => relay.fingerprint)
    expect(fingerprint).toBe(approved.signer.fingerprint)
    expect(saved.map((relay) => [relay.fingerprint, relay.state])).toEqual([[unknown.signer.fingerprint, 'pending']])
    expect(unknown.batches).toEqual([])
    await unknown.closed(1)
  })

  test('dials again when a relay is busy, such as one that has lost its Exchange server', async () => {
    const busy = await start({
      onHello: (talk) => talk.say({ type: 'refused', batchId: null, code: 'busy', message: 'no session to Exchange' }),
    })
    const other = await start()
    const { exchange } = exchangeUnderTest([busy, other], {}, [approval(busy), approval(other)])
    const fingerprint = await exchange.converse(connectorId, async ({ relay }) => relay.fingerprint)
    expect(fingerprint).toBe(other.signer.fingerprint)
  })

  test('gives up after five dials, and may be tried again because an approved relay exists', async () => {
    const unknown = await start()
    const approved = await start()
    const { exchange } = exchangeUnderTest([unknown], {}, [approval(approved)])
    await expect(exchange.converse(connectorId, async () => 1)).rejects.toMatchObject({
      code: 'relayNotApproved',
      retryable: true,
    })
    expect(unknown.opened).toHaveLength(5)
  })

  test('does not let strangers fill the table', async () => {
    const relay = await start()
    const others = Array.from({ length: 20 }, (_, index) =>
      approval(relay, { fingerprint: String(index), state: 'pending' }),
    )
    const { exchange, saved } = exchangeUnderTest([relay], {}, others)
    await expect(exchange.converse(connectorId, async () => 1)).rejects.toThrow('20 others wait already')
    expect(saved).toEqual([])
  })
})
