/** From the bytes of a frame to a typed message, or a Refusal that says which property is wrong. Both ends use it. Pure. */
import * as z from 'zod'
import { checkCommand, type Allowances, type Command } from './checkCommand.ts'
import { commandSpec } from './commands.ts'
import {
  batchBody,
  creditMessage,
  envelopeMessage,
  helloMessage,
  limits,
  protocolVersion,
  relayBody,
} from './messages.ts'
import type { Batch, CloudMessage, RelayBody } from './messages.ts'
import { Refusal } from './refusal.ts'
import { open, type Envelope, type KeyRing } from './signing.ts'

const cloudMessage = z.discriminatedUnion('type', [helloMessage, creditMessage, envelopeMessage])

/** A frame that the relay got. Refusals: oversized, malformed, unsigned (a batch outside an envelope), unsupportedVersion. */
export function parseCloudMessage(frame: string): CloudMessage {
  const value = parseJson(frame)
  const isBatch = typeof value === 'object' && value !== null && 'type' in value && value.type === 'batch'
  if (isBatch) throw new Refusal('unsigned', 'a batch must come in a signed envelope')
  const message = check(cloudMessage, value, 'message')
  if (message.type !== 'signed' && frame.length > limits.smallFrameBytes) {
    throw new Refusal(
      'oversized',
      `a ${message.type} of ${frame.length} characters; the limit is ${limits.smallFrameBytes}`,
    )
  }
  if (message.type === 'hello' && message.version !== protocolVersion) {
    throw new Refusal(
      'unsupportedVersion',
      `protocol version ${message.version}; this relay speaks ${protocolVersion}: update the older side`,
    )
  }
  return message
}

export interface BatchExpectation {
  readonly connectorId: string
  /** The nonce that this relay sent in this conversation's welcome. */
  readonly nonce: string
  /** The cloud side's signing keys: more than one while a key is being replaced. */
  readonly keys: KeyRing
  readonly allowed: Allowances
  readonly nowMs: number
}

/**
 * A batch out of its envelope: signature first, then connector, conversation, time, then every command against the closed list. Any fault refuses
 * the whole batch.
 */
export function parseBatch(envelope: Envelope, expected: BatchExpectation): Batch {
  const body = check(batchBody, parseJson(open(envelope, expected.keys)), 'batch')
  if (body.connectorId !== expected.connectorId) {
    throw new Refusal(
      'wrongConnector',
      `a batch for connector ${body.connectorId}; this relay serves ${expected.connectorId}`,
    )
  }
  if (body.nonce !== expected.nonce)
    throw new Refusal('wrongConversation', 'this batch was made for another conversation')
  checkTime(body.issuedAt, body.expiresAt, expected.nowMs)
  const batch = body as Batch
  if (batch.commands.length > limits.commandsPerBatch) {
    throw new Refusal(
      'oversized',
      `${batch.commands.length} commands in a batch; the limit is ${limits.commandsPerBatch}`,
    )
  }
  const specs = batch.commands.map((command) => checkCommand(command, expected.allowed))
  const sorts = new Set(specs.map(({ kind }) => (kind === 'destroy' ? 'change' : kind)))
  if (sorts.size > 1) throw new Refusal('malformed', 'a batch is all reads, all changes or all mails')
  checkIds(batch.commands)
  return batch
}

/** True when every command of the batch only reads. */
export function isReadBatch(batch: Batch): boolean {
  return batch.commands.every((command) => commandSpec(command.cmdlet)?.kind === 'read')
}

/** A frame that the cloud side got: the body out of its envelope, signature checked against `keys`. */
export function parseRelayFrame(frame: string, keys: KeyRing): RelayBody {
  return check(relayBody, parseJson(open(parseEnvelope(frame), keys)), 'message from the relay')
}

/**
 * The first message of a conversation, with the relay's own key inside it: its signature is checked against that key, so what it proves is possession.
 * Whether that key may serve the connector is for the caller: compare `key` with the approved fingerprints.
 */
export function parseEnvelope(frame: string): Envelope {
  const value = parseJson(frame)
  if (typeof value === 'object' && value !== null && 'type' in value && value.type !== 'signed') {
    throw new Refusal('unsigned', `a ${String(value.type)} message outside a signed envelope`)
  }
  return check(envelopeMessage, value, 'message')
}

/** The body of a relay's envelope, parsed but not verified: only to find the public key that a welcome carries. */
export function peekRelayBody(envelope: Envelope): RelayBody {
  return check(relayBody, parseJson(envelope.body), 'message from the relay')
}

function checkTime(issuedAt: string, expiresAt: string, nowMs: number): void {
  const issued = Date.parse(issuedAt)
  const expires = Date.parse(expiresAt)
  if (expires - issued > limits.batchLifetimeMs || expires <= issued) {
    throw new Refusal(
      'malformed',
      `a batch that lives ${Math.round((expires - issued) / 1000)} s; allowed are 1 to ${limits.batchLifetimeMs / 1000} s`,
    )
  }
  if (nowMs >= expires)
    throw new Refusal(
      'expired',
      `the batch expired at ${expiresAt}; this relay's clock says ${new Date(nowMs).toISOString()}`,
    )
  if (issued - nowMs > limits.clockSkewMs) {
    throw new Refusal(
      'expired',
      `the batch was issued at ${issuedAt}, in the future of this relay's clock (${new Date(nowMs).toISOString()}): check the time service`,
    )
  }
}

function checkIds(commands: readonly Command[]): void {
  const ids = new Set(commands.map((command) => command.id))
  if (ids.size !== commands.length) throw new Refusal('malformed', 'two commands of a batch have the same id')
}

/** Refusals: oversized, malformed. */
export function parseJson(frame: string): unknown {
  if (frame.length > limits.frameBytes) {
    throw new Refusal('oversized', `a frame of ${frame.length} characters; the limit is ${limits.frameBytes}`)
  }
  try {
    return JSON.parse(frame)
  } catch (cause) {
    throw new Refusal('malformed', 'not JSON', { cause })
  }
}

/** Refusal: malformed, with every property that is wrong. */
export function check<T extends z.ZodType>(type: T, value: unknown, what: string): z.infer<T> {
  const result = type.safeParse(value)
  if (result.success) return result.data
  throw new Refusal('malformed', `a malformed ${what}: ${z.prettifyError(result.error)}`)
}
