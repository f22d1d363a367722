/** easgate/connectors/{id}/relays: which keys may answer for a connector. A relay is trusted by nothing but a person's word here. */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { RelayApproval } from '../ports.ts'
import { fingerprintOf, keyRing } from '../../protocol/signing.ts'
import { audited } from './audited.ts'
import { patchOf, readOptionalBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { unsetDate } from './graphResource.ts'

/** Throws AppError notFound. */
export async function listRelays(call: Call): Promise<Answer> {
  return { status: 200, body: { value: await call.ports.store.relays(connectorInPath(call)) } }
}

/*
 * the fingerprint is  | body                     | answer
 * known               | empty                    | approved
 * known or not        | { publicKey } that fits  | approved, also before the relay's first contact
 * either              | { publicKey } of another | 400
 * not known           | empty                    | 404
 */

/** Throws AppError notFound, badRequest. */
export async function approveRelay(call: Call): Promise<Answer> {
  const publicKey = await readPublicKey(call)
  const known = await findRelay(call)
  if (known) return decideRelay(call, known, 'approved')
  if (publicKey === null) throw unknownRelay(call)
  // Never seen: the date that Graph has for that keeps it from looking connected.
  const unseen = { host: null, firstSeen: unsetDate, lastSeen: unsetDate }
  return decideRelay(call, { fingerprint: fingerprintIn(call), publicKey, state: 'pending', ...unseen }, 'approved')
}

/** From now on this relay is not talked to, whatever it was before. Throws AppError notFound. */
export async function rejectRelay(call: Call): Promise<Answer> {
  const known = await findRelay(call)
  if (!known) throw unknownRelay(call)
  return decideRelay(call, known, 'rejected')
}

async function decideRelay(call: Call, relay: RelayApproval, state: 'approved' | 'rejected'): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const decided: RelayApproval = { ...relay, state }
  const action = state === 'approved' ? 'relayApproved' : 'relayRejected'
  const change = { action, subject: relay.fingerprint, before: relay.state, after: state }
  await audited(call, connectorId, change, () => call.ports.store.saveRelay(connectorId, decided))
  return { status: 200, body: decided }
}

async function findRelay(call: Call): Promise<RelayApproval | undefined> {
  const relays = await call.ports.store.relays(connectorInPath(call))
  return relays.find(({ fingerprint }) => fingerprint === fingerprintIn(call))
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
