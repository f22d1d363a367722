import { describe, expect, test } from 'vitest'
import { isRetired, parseRetired } from '../../protocol/parseRetired.ts'
import { keyRing, newKeyPair, seal, signerFrom } from '../../protocol/signing.ts'

const pair = newKeyPair()
const signer = signerFrom(pair.privateKey)
const nonce = 'nonce-of-the-relay-0001'
const message = { type: 'retired', connectorId: 'a', nonce, by: 'b', at: '2026-11-21T08:00:00.000Z' }
const expected = { connectorId: 'a', nonce, keys: keyRing([pair.publicKey]) }

test.each([['b'], [null]])('by %j is taken as it was signed', (by) => {
  expect(parseRetired(seal(signer, { ...message, by }), expected)).toEqual({ ...message, by })
})

describe('is refused', () => {
  const stranger = signerFrom(newKeyPair().privateKey)
  const good = seal(signer, message)
  test.each([
    ['unknownKey', 'signed by a stranger', seal(stranger, message)],
    ['unknownKey', 'with the fingerprint of a stranger', { ...good, key: stranger.fingerprint }],
    [
      'badSignature',
      'by a stranger who gives our fingerprint',
      { ...seal(stranger, message), key: signer.fingerprint },
    ],
    ['badSignature', 'changed on its way', { ...good, body: good.body.replace('"by":"b"', '"by":"c"') }],
    ['wrongConversation', 'recorded in another conversation', seal(signer, { ...message, nonce: 'n'.repeat(24) })],
    ['wrongConnector', 'for another connector', seal(signer, { ...message, connectorId: 'c' })],
    ['malformed', 'with itself as the successor', seal(signer, { ...message, by: 'a' })],
    ['malformed', 'without a date', seal(signer, { ...message, at: 'today' })],
    ['malformed', 'that is a batch', seal(signer, { ...message, type: 'batch' })],
  ] as const)('as %s: one %s', (code, _what, envelope) => {
    expect(() => parseRetired(envelope, expected)).toThrow(expect.objectContaining({ code }))
  })
})

test('is told apart from a batch, from what is no JSON, and from what is too large to be one', () => {
  expect(isRetired(seal(signer, message))).toBe(true)
  expect(isRetired(seal(signer, { ...message, type: 'batch' }))).toBe(false)
  expect(isRetired({ ...seal(signer, message), body: '{"type":"retired"' })).toBe(false)
  expect(isRetired(seal(signer, { ...message, x: 'x'.repeat(5_000) }))).toBe(false)
})
