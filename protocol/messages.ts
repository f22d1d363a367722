/**
 * The wire: what crosses the joined WebSocket between the cloud side (C) and one relay (R). Subprotocol `easgate.v1`, JSON text
 * frames, perMessageDeflate off. Everything from R, and every batch from C, is signed (signing.ts): a stolen Send key cannot
 * drive Exchange, a stolen Listen key cannot invent an inventory.
 *
 * Login
 *   C → R  hello     connector, a random challenge, how many rows C will take before it says `credit`
 *   R → C  welcome   signed, answers the challenge, and carries R's own nonce: from here C knows which relay it talks to.
 *                    C closes unless an administrator approved the key's fingerprint for this connector.
 * Work, any number of times, batches may overlap
 *   C → R  batch     signed; connector, R's nonce, id, expiry, commands: all reads, all changes or all mails
 *   R → C  rows      some rows of one read command (at most limits.rowsPerMessage), as they come; R pauses at zero credit
 *   C → R  credit    C has dealt with n rows and will take n more
 *   R → C  results   the outcome of one or more commands, in the order in which they ended
 *   R → C  end       every command of the batch has its outcome
 *   R → C  refused   the batch (or the hello) is not taken, nothing of it is executed; R closes only if the hello was refused
 * The end of a connector
 *   C → R  retired   signed; connector, R's nonce, and which connector took this one's place. R writes that down, then answers
 *                    `refused` (retired, no batch), takes no more batches, and registers at the rendezvous no more.
 * End
 *   C closes with 1000. R closes with 1001 when it shuts down; a batch that runs is finished first, within its drain time.
 *
 * Every signed message of R carries C's challenge and a sequence number from 0: dropped, reordered, repeated or foreign
 * messages are seen. Every batch carries R's nonce: a recorded batch cannot be played again in another conversation. A batch id
 * that this relay already ran is answered with the first outcomes and not executed again (`repeated` in `end`).
 *
 * Versions
 *   1  2026-11  first
 */
import * as z from 'zod'
import type { Command } from './checkCommand.ts'
import { refusalCodes } from './refusal.ts'
import type { Envelope } from './signing.ts'

export const protocolVersion = 1
export const subprotocol = 'easgate.v1'

/** Sizes and times that both ends keep to. */
export const limits = {
  /** Largest frame either side accepts, in bytes. */
  frameBytes: 4 * 1024 * 1024,
  /** Largest hello or credit frame, in bytes. */
  smallFrameBytes: 4 * 1024,
  commandsPerBatch: 500,
  rowsPerMessage: 500,
  /** R starts a new `rows` message when one would pass this many characters. */
  rowsMessageChars: 512 * 1024,
  /** A batch lives no longer than this (design.md 9). */
  batchLifetimeMs: 5 * 60_000,
  /** Clock difference between the two sides that is tolerated. */
  clockSkewMs: 2 * 60_000,
  /** Rows that C takes before R must wait for credit. */
  rowCredit: 2_000,
} as const

const id = z.string().min(1).max(128)
const nonce = z.string().min(16).max(128)
const time = z.iso.datetime()

export const helloMessage = z.object({
  type: z.literal('hello'),
  version: z.int(),
  connectorId: id,
  challenge: nonce,
  rowCredit: z.int().min(1).max(100_000),
})
export const creditMessage = z.object({ type: z.literal('credit'), rows: z.int().min(1).max(100_000) })
export const envelopeMessage = z.object({
  type: z.literal('signed'),
  key: z.string().max(64),
  signature: z.string().max(256),
  body: z.string(),
})

export const commandMessage = z.object({
  id,
  cmdlet: z.string().max(128),
  parameters: z.record(z.string(), z.unknown()),
})

/** The body of a signed message from C. */
export const batchBody = z.object({
  type: z.literal('batch'),
  connectorId: id,
  nonce,
  batchId: id,
  issuedAt: time,
  expiresAt: time,
  /** The run of the cloud side that this is for: R names it in its log and towards PowerShell. Left out where a person asked. */
  runId: id.exactOptional(),
  commands: z.array(commandMessage).min(1),
})

/** The body of the other signed message from C: nothing is asked of this relay any more, in this conversation and after it. */
export const retiredBody = z.object({
  type: z.literal('retired'),
  connectorId: id,
  nonce,
  /** The connector that took this one's place; null: an administrator retired it. */
  by: id.nullable(),
  at: time,
})

export const relayInfo = z.object({
  /** Version of the relay program. */
  version: z.string().max(64),
  host: z.string().max(256),
  /** Commands that the relay runs at the same time. */
  parallel: z.int().min(1).max(15),
  organization: z.string().max(256).nullable(),
  /** The client-access server in use. */
  server: z.string().max(256).nullable(),
  /** Since when that server, ISO-8601 UTC, and why that one. */
  serverSince: time.nullable(),
  serverReason: z.string().max(1_000).nullable(),
  dialect: z.enum(['ActiveSyncDevice', 'MobileDevice']),
  /** It has a notification account, so it takes mails. */
  sendsMail: z.boolean(),
  /** An administrator on premises wants this connector to take the place of the organization's present one. */
  replace: z.boolean(),
})

export const failureCategories = [
  'notFound', // the object is gone
  'ambiguous', // several objects fit the identity
  'accessDenied', // Active Directory or RBAC says no: AdminSDHolder, scope
  'cmdletHidden', // RBAC hides the cmdlet
  'parameterHidden', // RBAC hides a parameter
  'throttled', // the server asked to wait; `retryAfterMs`
  'shellLimit', // too many shells of this account
  'sessionBroken', // the session to Exchange broke while the command ran: outcome unknown
  'childFailed', // the PowerShell child hung, died or printed rubbish while the command ran: outcome unknown
  'expired', // the batch ran out of time before this command was started
  'refused', // not started: the relay is shutting down, or has no session to Exchange
  'mailRefused', // the mail was not sent and will not be: the recipient or the mail itself is wrong
  'mailDelayed', // the mail was certainly not sent; it may be later
  'mailUnknown', // the mail may have been sent
  'other', // anything else; see message
] as const
export type FailureCategory = (typeof failureCategories)[number]

export const commandResult = z.object({
  commandId: id,
  ok: z.boolean(),
  /** Rows sent for this command, all `rows` messages together. */
  rowCount: z.int().min(0),
  warnings: z.array(z.string()),
  durationMs: z.number().min(0),
  error: z
    .object({ category: z.enum(failureCategories), message: z.string(), retryAfterMs: z.number().optional() })
    .optional(),
})

const sequenced = { challenge: nonce, seq: z.int().min(0) }
const row = z.record(z.string(), z.unknown())

/** The body of a signed message from R. */
export const relayBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    version: z.int(),
    connectorId: id,
    ...sequenced,
    nonce,
    publicKey: z.string().max(256),
    relay: relayInfo,
  }),
  z.object({ type: z.literal('rows'), ...sequenced, batchId: id, commandId: id, rows: z.array(row).min(1) }),
  z.object({ type: z.literal('results'), ...sequenced, batchId: id, results: z.array(commandResult).min(1) }),
  z.object({ type: z.literal('end'), ...sequenced, batchId: id, repeated: z.boolean() }),
  z.object({
    type: z.literal('refused'),
    ...sequenced,
    batchId: id.nullable(),
    code: z.enum(refusalCodes),
    message: z.string(),
  }),
])

export type Hello = z.infer<typeof helloMessage>
export type Credit = z.infer<typeof creditMessage>
export type Batch = Omit<z.infer<typeof batchBody>, 'commands'> & { readonly commands: readonly Command[] }
export type Retired = z.infer<typeof retiredBody>
export type RelayInfo = z.infer<typeof relayInfo>
export type CommandResult = z.infer<typeof commandResult>
export type RelayBody = z.infer<typeof relayBody>
export type Welcome = Extract<RelayBody, { type: 'welcome' }>
export type Row = z.infer<typeof row>
export type CloudMessage = Hello | Credit | Envelope
