/** The inputs of the cost table: how the app is used, and what an operation costs; docs/cost.inputs.json holds examples. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'

const amount = z.number().nonnegative()
const positive = z.number().positive()

const usage = z.strictObject({
  daysPerMonth: positive,
  /** Relays that listen, each a listener of the hybrid connection. */
  relays: amount,
  fullSyncsPerDay: amount,
  /** Between two ticks of QUICK_SYNC_SCHEDULE. */
  quickTimerMinutes: positive,
  /** Between two quick syncs: the setting of this name, not less than the timer's. */
  quickMinutes: positive,
  presenceMinutes: positive,
  /** How many devices of all change on a day so that a quick sync must decide again. */
  changesPerDeviceAndDay: amount,
  /** How long after a change quick syncs read it again. */
  lookBackMinutes: amount,
  /** requests: a transaction is one operation. rows: every row in it is one. */
  transactionIsBilledAs: z.enum(['requests', 'rows']),
  /** Memory of an instance (infra/modules/functionApp.bicep). */
  instanceGb: positive,
  /** What an instance that has worked for a moment is billed for. */
  leastBilledSeconds: amount,
  /** How much longer a step takes with real services than with simulators. */
  slowdown: positive,
  /** Of the Functions host, at both queues. */
  queuePollsPerMinute: amount,
  /** Of the Functions host: locks of timers and instances. */
  hostBlobOperationsPerMinute: amount,
  /** What a log line weighs beside its text. */
  logRowOverheadBytes: amount,
  /** What the host itself logs of an invocation. */
  hostLogBytesPerInvocation: amount,
  keyVaultOperationsPerDay: amount,
  alertRulesEvery5Minutes: amount,
  alertRulesEvery15MinutesOrRarer: amount,
})
export type Usage = z.infer<typeof usage>

/** `price` for `per` units; the first `free` of a month cost nothing. */
const price = z.strictObject({ price: amount, per: positive, free: amount, unit: z.string(), source: z.url() })
export type Price = z.infer<typeof price>

const prices = z.strictObject({
  tableOperations: price,
  queueOperations: price,
  blobOperations: price,
  functionGbSeconds: price,
  functionExecutions: price,
  relayListeners: price,
  /** `free`: for each listener. */
  relayGb: price,
  logGb: price,
  alertRulesOften: price,
  alertRulesRare: price,
  keyVaultOperations: price,
})
export type Billed = keyof z.infer<typeof prices>

const inputs = z.strictObject({
  about: z.string(),
  currency: z.string(),
  region: z.string(),
  pricesAsOf: z.string(),
  usage,
  prices,
})
export type Inputs = z.infer<typeof inputs>

/** Throws an Error that names the file and every problem in it. */
export function readInputs(file: string): Inputs {
  const parsed = inputs.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (parsed.success) return parsed.data
  throw new Error(`${file} has no inputs of the cost table:\n${z.prettifyError(parsed.error)}`)
}
