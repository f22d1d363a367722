/** Asks whether an administrator approved the relay that answered, and records that it was here. */
import type { RelayInfo } from '../../protocol/messages.ts'
import { AppError } from '../errors.ts'
import type { RelayAbout, RelayApproval } from '../core/relay.ts'
import type { Log } from '../ports.ts'
import type { Greeting } from './greetRelay.ts'

export interface ApprovalOptions {
  readonly relays: (connectorId: string) => Promise<readonly RelayApproval[]>
  readonly sawRelay: (connectorId: string, relay: RelayApproval) => Promise<void>
  readonly now: () => Date
  readonly log: Log
}

/*
 *   key is     | answer                    | recorded
 *   approved   | null: go on               | lastSeen, when it is older than seenEveryMs; what it says of itself, when that changed
 *   pending    | relayNotApproved          | lastSeen, likewise
 *   rejected   | relayNotApproved          | nothing
 *   unknown    | relayNotApproved          | as pending, unless maxPending wait already
 */
/** The error is retryable when the connector has an approved relay: the next conversation may reach that one. */
export async function checkApproval(
  connectorId: string,
  greeting: Greeting,
  options: ApprovalOptions,
): Promise<AppError | null> {
  const relays = await options.relays(connectorId)
  const known = relays.find((relay) => relay.fingerprint === greeting.fingerprint)
  const pending = relays.filter((relay) => relay.state === 'pending').length
  if (known && known.state !== 'rejected') await recordSeen(connectorId, known, greeting, options)
  if (!known && pending < maxPending) await recordFirst(connectorId, greeting, options)
  if (known?.state === 'approved') return null
  const state = known?.state ?? (pending < maxPending ? 'pending' : 'unrecorded')
  const { fingerprint, welcome } = greeting
  options.log.warn('exchange.relayNotApproved', { connectorId, fingerprint, host: welcome.relay.host, state })
  const hasApproved = relays.some((relay) => relay.state === 'approved')
  return new AppError('relayNotApproved', notApproved(greeting, state), { retryable: hasApproved })
}

/** A connector counts as disconnected 90 s after a relay of it was seen (api/connectorStatus.ts); without a write for every conversation. */
export const seenEveryMs = 30_000
/** Whoever has a stolen Listen key can make as many keys as they like; the table must not fill up with them. */
const maxPending = 20

async function recordFirst(connectorId: string, { fingerprint, welcome }: Greeting, options: ApprovalOptions) {
  const at = options.now().toISOString()
  const { publicKey, relay } = welcome
  const seen = { host: relay.host, firstSeen: at, lastSeen: at, about: aboutOf(relay) }
  await options.sawRelay(connectorId, { fingerprint, publicKey, state: 'pending', ...seen })
}

async function recordSeen(connectorId: string, known: RelayApproval, { welcome }: Greeting, options: ApprovalOptions) {
  const now = options.now()
  const { host } = welcome.relay
  const about = aboutOf(welcome.relay)
  const isSame = known.host === host && JSON.stringify(known.about) === JSON.stringify(about)
  if (isSame && now.getTime() - Date.parse(known.lastSeen) < seenEveryMs) return
  await options.sawRelay(connectorId, { ...known, host, about, lastSeen: now.toISOString() })
}

/** What is shown of a relay, as its welcome says it. */
export function aboutOf({ version, server, serverSince, serverReason, sendsMail }: RelayInfo): RelayAbout {
  return { version, server, serverSince, serverReason, sendsMail }
}

function notApproved({ fingerprint, welcome }: Greeting, state: 'pending' | 'rejected' | 'unrecorded'): string {
  const who = `The relay on ${welcome.relay.host} with the key fingerprint ${fingerprint}`
  if (state === 'rejected') {
    return `${who} was rejected by an administrator. Stop that relay, or approve its fingerprint after all.`
  }
  if (state === 'unrecorded') {
    return `${who} is not approved, and ${maxPending} others wait already, so it was not recorded. Reject or approve those; if nobody set them up, replace the Listen key.`
  }
  return `${who} is not approved. Compare the fingerprint with the one in relay.json in the relay's state folder; if they are the same, approve it: POST /easgate/connectors/<id>/relays/<fingerprint>/approve.`
}
