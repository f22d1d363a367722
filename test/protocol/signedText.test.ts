import { expect, test } from 'vitest'
import { fingerprintOf, keyRing, newKeyPair, open, seal, signerFrom, type Envelope } from '../../protocol/signing.ts'
import { textSigner } from '../../protocol/signedText.ts'

const signer = signerFrom(newKeyPair().privateKey)
const links = textSigner(signer, 'link')
const text = '["a1","ü"]'

test('what was signed for a purpose opens for it, and fits an address as it is', () => {
  const signed = links.sign(text)
  expect(links.open(signed)).toBe(text)
  expect(encodeURIComponent(signed)).toBe(signed)
})

test.each([
  ['signed for another purpose', () => textSigner(signer, 'form').sign(text)],
  ['signed with another key', () => textSigner(signerFrom(newKeyPair().privateKey), 'link').sign(text)],
  ['with another text', () => `${Buffer.from('["a1","u"]').toString('base64url')}.${links.sign(text).split('.')[1]}`],
  ['with a changed signature', () => links.sign(text).replace(/\.(.)/, (_, first) => `.${first === 'A' ? 'B' : 'A'}`)],
  ['without a signature', () => links.sign(text).split('.')[0] ?? ''],
  ['longer than any of ours', () => links.sign('x'.repeat(9000))],
  ['nothing at all', () => ''],
])('it does not open: %s', (_, signed) => {
  expect(links.open(signed())).toBeNull()
})

test('a batch’s signature makes no link, and a link’s signature makes no batch', () => {
  const batch = seal(signer, { type: 'batch' })
  const asLink = `${Buffer.from(batch.body).toString('base64url')}.${Buffer.from(batch.signature, 'base64').toString('base64url')}`
  expect(links.open(asLink)).toBeNull()
  const [, signature = ''] = links.sign(batch.body).split('.')
  const asBatch: Envelope = {
    type: 'signed',
    key: fingerprintOf(signer.publicKey),
    signature: Buffer.from(signature, 'base64url').toString('base64'),
    body: batch.body,
  }
  expect(() => open(asBatch, keyRing([signer.publicKey]))).toThrow('does not fit')
  // Whatever text a link has, what is signed begins as no JSON does
  expect(() => open({ ...asBatch, body: `easgate: link\n${batch.body}` }, keyRing([signer.publicKey]))).not.toThrow()
  expect(() => JSON.parse(`easgate: link\n${batch.body}`)).toThrow()
})
