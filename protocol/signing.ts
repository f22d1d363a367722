/** Ed25519 keys, fingerprints and the signed envelope: the signature is over the exact bytes of `body`. Both ends use it. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { Refusal } from './refusal.ts'

/** A public key as base64 of its SPKI DER bytes: what join files, approvals and configurations carry. */
export type PublicKeyText = string
/** A private key as base64 of its PKCS#8 DER bytes. A secret. */
export type PrivateKeyText = string

export interface Signer {
  readonly publicKey: PublicKeyText
  readonly fingerprint: string
  sign(body: string): string
}

/** A signed message as it travels: `body` is JSON text, `key` the signer's fingerprint, `signature` base64. */
export interface Envelope {
  readonly type: 'signed'
  readonly key: string
  readonly signature: string
  readonly body: string
}

export function newKeyPair(): { publicKey: PublicKeyText; privateKey: PrivateKeyText } {
  const pair = generateKeyPairSync('ed25519')
  return {
    publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  }
}

/** A signer from a private key. Throws when the text is no Ed25519 private key; the message never contains the key. */
export function signerFrom(privateKey: PrivateKeyText): Signer {
  const key = readKey(() => createPrivateKey({ key: Buffer.from(privateKey, 'base64'), type: 'pkcs8', format: 'der' }))
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64')
  return {
    publicKey,
    fingerprint: fingerprintOf(publicKey),
    sign: (body) => sign(null, Buffer.from(body, 'utf8'), key).toString('base64'),
  }
}

/** SHA-256 of the public key's DER bytes as 64 hex digits: what a person compares before approving a relay. */
export function fingerprintOf(publicKey: PublicKeyText): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex')
}

export function seal(signer: Signer, body: object): Envelope {
  const text = JSON.stringify(body)
  return { type: 'signed', key: signer.fingerprint, signature: signer.sign(text), body: text }
}

/** Parsed public keys by fingerprint; kept, because parsing a key costs more than a verification. */
export interface KeyRing {
  get(fingerprint: string): KeyObject | undefined
}

/** Throws an Error that names the position when one of the texts is no Ed25519 public key. */
export function keyRing(publicKeys: readonly PublicKeyText[]): KeyRing {
  const keys = new Map<string, KeyObject>()
  publicKeys.forEach((text, index) => {
    const parse = () => createPublicKey({ key: Buffer.from(text, 'base64'), type: 'spki', format: 'der' })
    keys.set(fingerprintOf(text), readKey(parse, ` (number ${index + 1})`))
  })
  return keys
}

/** The body's text when the envelope is signed by a key of the ring; else a Refusal: unknownKey or badSignature. */
export function open(envelope: Envelope, keys: KeyRing): string {
  const key = keys.get(envelope.key)
  if (!key)
    throw new Refusal('unknownKey', `signed with key ${envelope.key.slice(0, 16)}…, which this side was not given`)
  const isGood = verify(null, Buffer.from(envelope.body, 'utf8'), key, Buffer.from(envelope.signature, 'base64'))
  if (!isGood)
    throw new Refusal('badSignature', `the signature of key ${envelope.key.slice(0, 16)}… does not fit the message`)
  return envelope.body
}

function readKey(parse: () => KeyObject, which = ''): KeyObject {
  let key: KeyObject
  try {
    key = parse()
  } catch {
    throw new Error(`not an Ed25519 key in base64 DER${which}`)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`an ${key.asymmetricKeyType} key${which}; easgate uses Ed25519`)
  return key
}

/** Whether a key ring takes it: base64 of SPKI DER. */
export function isPublicKey(key: string): boolean {
  try {
    keyRing([key])
    return true
  } catch {
    return false
  }
}
