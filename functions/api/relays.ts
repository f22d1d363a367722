/** easgate/connectors/{id}/relays: which keys may answer for a connector. A relay is trusted by nothing but a person's word here. */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { RelayApproval } from '../core/relay.ts'
import type { Versioned } from '../portsStore.ts'
import { fingerprintOf, keyRing } from '../../protocol/signing.ts'
import { audited } from './audited.ts'
import { patchOf, readOptionalBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { unsetDate } from './graphResource.ts'

/** Each with what it said of itself when it was here last. Throws AppError notFound. */
export async function listRelays(call: Call): Promise<Answer> {
  const relays = await call.ports.store.relays(connectorInPath(call))
  return { status: 200, body: { value: relays.map(toView) } }
}

/*
 * the fingerprint is  | body                     | answer
 * known               | empty                    | approved
 * known or not        | { publicKey } that fits  | approved, also before the relay's first contact
 * either              | { publicKey } of another | 400
 * not known           | empty                    | 404
 */

/** Throws AppError notFound, badRequest, conflict. */
export async function approveRelay(call: Call): Promise<Answer> {
  const publicKey = await readPublicKey(call)
  const known = await findRelay(call)
  if (known) return decideRelay(call, known, 'approved')
  if (publicKey === null) throw unknownRelay(call)
  // Never seen: the date that Graph has for that keeps it from looking connected.
  const unseen = { host: null, firstSeen: unsetDate, lastSeen: unsetDate, about: null }
  const relay: RelayApproval = { fingerprint: fingerprintIn(call), publicKey, state: 'pending', ...unseen }
  return decideRelay(call, { value: relay, etag: null }, 'approved')
}

/** From now on this relay is not talked to, whatever it was before. Throws AppError notFound, conflict. */
export async function rejectRelay(call: Call): Promise<Answer> {
  const known = await findRelay(call)
  if (!known) throw unknownRelay(call)
  return decideRelay(call, known, 'rejected')
}

interface Found {
  readonly value: RelayApproval
  /** null: not recorded yet. */
  readonly etag: string | null
}

async function decideRelay(call: Call, found: Found, state: 'approved' | 'rejected'): Promise<Answer> {
  const { value: relay } = found
  const action = state === 'approved' ? 'relayApproved' : 'relayRejected'
  const change = { action, subject: relay.fingerprint, before: relay.state, after: state }
  const decided = await audited(call, connectorInPath(call), change, () => save(call, found, state))
  return { status: 200, body: toView(decided) }
}

const maxTries = 5

/** That the relay was seen meanwhile changes nothing; that another administrator decided meanwhile does. */
async function save(call: Call, first: Found, state: RelayApproval['state']): Promise<RelayApproval> {
  const { store } = call.ports
  let found = first
  for (let attempt = 1; ; attempt += 1) {
    const relay = { ...found.value, state }
    try {
      await store.saveRelay(connectorInPath(call), relay, found.etag)
      return relay
    } catch (thrown) {
      const isLost = thrown instanceof AppError && thrown.code === 'changedMeanwhile'
      if (!isLost || attempt >= maxTries) throw thrown
      const now = await findRelay(call)
      if (now && now.value.state !== first.value.state) throw decidedMeanwhile(now.value)
      found = now ?? first
    }
  }
}

function decidedMeanwhile({ fingerprint, state }: RelayApproval): AppError {
  return new AppError('conflict', `relay ${fingerprint} is ${state} now: somebody else decided meanwhile; look again`)
}

async function findRelay(call: Call): Promise<Versioned<RelayApproval> | null> {
  return call.ports.store.relay(connectorInPath(call), fingerprintIn(call))
}

/** `server…`: the client-access server in use, since when, and why that one. */
function toView({ about, ...relay }: RelayApproval) {
  const nothing = { version: null, server: null, serverSince: null, serverReason: null, sendsMail: null }
  return { ...relay, ...nothing, ...about }
}

const bodySchema = patchOf({ publicKey: z.string().min(1).max(256) })

/** The body's key in its one canonical form, or null. The key is what signatures are checked with, so it must be the one that was compared. */
async function readPublicKey(call: Call): Promise<string | null> {
  const given = (await readOptionalBody(call.request, bodySchema))?.publicKey
  if (given === undefined) return null
  const publicKey = Buffer.from(given, 'base64').toString('base64')
  try {
    keyRing([publicKey])
  } catch (cause) {
    throw new AppError('badRequest', 'publicKey is not an Ed25519 public key in base64 SPKI DER', { cause })
  }
  if (fingerprintOf(publicKey) === fingerprintIn(call)) return publicKey
  throw new AppError('badRequest', `publicKey has the fingerprint ${fingerprintOf(publicKey)}, not the one in the path`)
}

/** Lower case, as it is stored; people copy it in any. */
function fingerprintIn({ request }: Call): string {
  return (request.params['fingerprint'] ?? '').toLowerCase()
}

function unknownRelay(call: Call): AppError {
  const fingerprint = fingerprintIn(call).slice(0, 64)
  return new AppError(
    'notFound',
    `connector ${connectorInPath(call)} knows no relay ${fingerprint}; start the relay, or send its publicKey`,
  )
}
