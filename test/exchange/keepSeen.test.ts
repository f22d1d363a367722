import { expect, test, vi } from 'vitest'
import type { RelayApproval } from '../../functions/core/relay.ts'
import { AppError } from '../../functions/errors.ts'
import { keepSeen } from '../../functions/exchange/keepSeen.ts'
import { aboutOf } from '../../functions/exchange/relayApproval.ts'
import { keyRing, newKeyPair, signerFrom } from '../../protocol/signing.ts'
import { recordingLog } from '../fakes/ports.ts'
import { collect } from './collect.ts'
import { approval, exchangeUnderTest, testNow } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, relayInfo, welcomeBody } from './scriptedRelay.ts'

const start = relayStarter()

test('while a conversation lasts it is recorded again that the relay is here', async () => {
  const relay = await start({ onBatch: (batch, talk) => talk.rows(batch, [{ Guid: 'x' }]) })
  let saw: (fingerprint: string) => void = () => {}
  const recorded = new Promise<string>((resolve) => (saw = resolve))
  const sawRelay = async (_: string, { fingerprint }: RelayApproval) => saw(fingerprint)
  const { exchange } = exchangeUnderTest([relay], { seenEveryMs: 5, sawRelay }, [approval(relay)])
  const seen = await exchange.converse(connectorId, async (conversation) => {
    collect(conversation.mailboxes()).catch(() => undefined)
    return recorded
  })
  expect(seen).toBe(relay.signer.fingerprint)
})

test('only a relay that says something is seen; what cannot be written stops nothing; and it ends', () => {
  vi.useFakeTimers()
  const signer = signerFrom(newKeyPair().privateKey)
  const welcome = { ...welcomeBody(signer), challenge: '', seq: 0, relay: relayInfo } as never
  const { fingerprint, publicKey } = signer
  const greeting = { welcome, fingerprint, keys: keyRing([publicKey]) }
  const channel = { heard: 1 }
  const log = recordingLog()
  const seen: RelayApproval[] = []
  const sawRelay = async (_: string, relay: RelayApproval) => {
    seen.push(relay)
    if (seen.length === 2) throw new AppError('storeFailed', 'no answer', { retryable: true })
  }
  const stop = keepSeen('a', greeting, channel, { relays: async () => [], sawRelay, now: () => testNow, log })
  const afterNext30s = () => {
    vi.advanceTimersByTime(30_000)
    return seen.length
  }
  const counts = [afterNext30s()]
  for (const heard of [2, 2, 3, 4, 4]) {
    channel.heard = heard
    counts.push(afterNext30s())
  }
  expect(counts).toEqual([0, 1, 1, 2, 3, 3])
  const at = testNow.toISOString()
  const about = aboutOf(relayInfo)
  // Merged with what is recorded: that nobody approved it here is not what counts
  expect(seen[0]).toEqual({
    fingerprint,
    publicKey,
    state: 'pending',
    host: 'RELAY01',
    about,
    firstSeen: at,
    lastSeen: at,
  })
  stop()
  channel.heard = 9
  expect(afterNext30s()).toBe(3)
  vi.useRealTimers()
})
