/** Reads host.json: the settings of the Functions host that this host obeys, with Azure's defaults for the rest. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { HostError } from './hostError.ts'
import { messageOf } from './log.ts'

export type QueueSettings = {
  messageEncoding: 'base64' | 'none'
  batchSize: number
  newBatchThreshold: number
  maxDequeueCount: number
  /** Delay before a failed message is tried again (what Azure calls visibilityTimeout). */
  retryDelayMs: number
  maxPollingIntervalMs: number
}
export type HostSettings = { routePrefix: string; functionTimeoutMs: number; queues: QueueSettings }

const timeSpan = z.string().transform((text, context) => {
  const ms = parseTimeSpan(text)
  if (ms !== undefined) return ms
  context.addIssue({ code: 'custom', message: `"${text}" is not a time of the form hh:mm:ss` })
  return z.NEVER
})

const queuesSchema = z.object({
  messageEncoding: z.enum(['base64', 'none']).default('base64'),
  batchSize: z.int().min(1).max(32).default(16),
  newBatchThreshold: z.int().min(0).optional(),
  maxDequeueCount: z.int().min(1).default(5),
  visibilityTimeout: timeSpan.default(0),
  maxPollingInterval: timeSpan.default(60_000),
})

const hostSchema = z.object({
  version: z.literal('2.0'),
  functionTimeout: timeSpan.default(30 * 60_000),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      queues: queuesSchema.prefault({}),
    })
    .prefault({}),
})

/** The settings in the host.json at `path`. Unknown members are Azure's business and ignored; wrong ones throw HostError. */
export function readHostJson(path: string): HostSettings {
  const parsed = hostSchema.safeParse(readJson(path))
  if (!parsed.success) throw new HostError(`${path}: ${z.prettifyError(parsed.error)}`)
  const { functionTimeout, extensions } = parsed.data
  const { visibilityTimeout, maxPollingInterval, newBatchThreshold, ...queues } = extensions.queues
  return {
    routePrefix: extensions.http.routePrefix,
    functionTimeoutMs: functionTimeout,
    queues: {
      ...queues,
      newBatchThreshold: newBatchThreshold ?? Math.floor(queues.batchSize / 2),
      retryDelayMs: visibilityTimeout,
      maxPollingIntervalMs: maxPollingInterval,
    },
  }
}

/** JSON text of a file; HostError when it is missing or broken. */
export function readJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new HostError(`${path} cannot be read; give its folder with --root`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HostError(`${path} is not JSON: ${messageOf(cause)}`, { cause })
  }
}

/** Milliseconds of a .NET TimeSpan `[d.]hh:mm:ss`; undefined when the text is none. */
export function parseTimeSpan(text: string): number | undefined {
  const found = /^(?:(\d{1,4})\.)?(\d{2}):([0-5]\d):([0-5]\d)$/.exec(text)
  if (!found) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0))
  if (hours > 23) return undefined
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
