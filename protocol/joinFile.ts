/** The join file: what the cloud side hands to an administrator, and `easgate-relay join` takes, to set up a relay of a connector. Pure. */
import * as z from 'zod'
import { isRelayAddress } from './rendezvous.ts'
import { isPublicKey } from './signing.ts'

/** Of the whole file, in characters. */
export const joinFileLimit = 65_536

const text = z.string().min(1).max(1024)

/**
 * `rendezvous.key` is the listener key, a secret: with it the file must be kept like a password until the relay has joined. Left out, the
 * administrator gives it apart. `cloudKeys`: Ed25519 public keys (base64 of SPKI DER) of which one signs every batch. `issuedAt`: ISO-8601, UTC.
 * Properties that are not here are ignored, so that a newer cloud side can add some; what an older relay must not ignore raises `easgateJoin`.
 */
export const joinFile = z.object({
  easgateJoin: z.literal(1, 'is of another version; use the easgate-relay that belongs to this easgate'),
  connectorId: text.max(128),
  rendezvous: z.object({
    address: text.refine(isRelayAddress, 'must look like wss://<namespace>.servicebus.windows.net/$hc/<path>'),
    keyName: text,
    key: text.optional(),
  }),
  cloudKeys: z.array(text.refine(isPublicKey, 'is not an Ed25519 public key in base64 DER')).min(1).max(16),
  issuedAt: z.iso.datetime(),
})
export type JoinFile = z.infer<typeof joinFile>
