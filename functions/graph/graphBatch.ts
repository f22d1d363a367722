/** Many small requests in few: `POST /$batch`, twenty at a time, each with its own status and its own wait (facts D5). */
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { AppError } from '../errors.ts'
import { graphFailure, type Asked } from './graphFailure.ts'
import type { GraphHttp, GraphReply } from './graphHttp.ts'
import { isRetryable, parseRetryAfter } from './retryStrategy.ts'

const mostItems = 20
const mostRounds = 6

export interface BatchItem {
  /** Relative to the version, with its query. */
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly body?: object
}

export interface BatchOptions {
  readonly http: GraphHttp
  readonly origin: string
  readonly asked: Asked
  readonly now: () => number
  readonly sleep?: (ms: number) => Promise<void>
}

const response = z.object({
  id: z.string(),
  status: z.int(),
  headers: z.record(z.string(), z.unknown()).optional(),
  body: z.unknown(),
})
const batchBody = z.object({ responses: z.array(response) })

/** The body of each item in the order asked; null for one that is not there (404). Throws AppError for any other refusal. */
export async function sendBatch(items: readonly BatchItem[], options: BatchOptions): Promise<unknown[]> {
  const bodies: unknown[] = Array.from({ length: items.length }, () => undefined)
  let open = items.map((_item, index) => index)
  for (let round = 1; open.length > 0; round++) {
    const again: number[] = []
    let waitMs = 0
    for (let at = 0; at < open.length; at += mostItems) {
      const indexes = open.slice(at, at + mostItems)
      for (const { index, reply } of await sendOne(items, indexes, options)) {
        if (reply.status === 404) bodies[index] = null
        else if (reply.status < 300) bodies[index] = reply.body
        else if (isRetryable(reply.status) && round < mostRounds) {
          again.push(index)
          waitMs = Math.max(waitMs, reply.waitMs)
        } else throw graphFailure(reply.asReply, options.asked)
      }
    }
    open = again
    if (open.length > 0) await (options.sleep ?? delay)(waitMs)
  }
  return bodies
}

interface ItemReply {
  readonly status: number
  readonly body: unknown
  readonly waitMs: number
  readonly asReply: GraphReply
}

const defaultWaitMs = 1_000
const longestWaitMs = 30_000

async function sendOne(items: readonly BatchItem[], indexes: readonly number[], options: BatchOptions) {
  const { http, origin, asked, now } = options
  const requests = indexes.map((index) => ({
    id: String(index),
    method: 'GET',
    ...items[index],
    ...typeOf(items[index]),
  }))
  const outer = await http.post(`${origin}/v1.0/$batch`, { requests })
  if (outer.status !== 200) throw graphFailure(outer, asked)
  const replies = new Map(parseBatch(outer, asked).map((reply) => [reply.id, reply]))
  return indexes.map((index): { index: number; reply: ItemReply } => {
    const reply = replies.get(String(index))
    if (!reply) throw incomplete(asked, `no answer to item ${index}`)
    http.countStatus(reply.status)
    const headers = new Map(
      Object.entries(reply.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
    )
    const header = (name: string) => headers.get(name.toLowerCase()) ?? null
    const asked429 = parseRetryAfter(header('retry-after'), now())
    const asReply = { ...outer, status: reply.status, text: JSON.stringify(reply.body ?? null), header }
    const waitMs = Math.min(asked429 ?? defaultWaitMs, longestWaitMs)
    return { index, reply: { status: reply.status, body: reply.body, waitMs, asReply } }
  })
}

function typeOf(item: BatchItem | undefined): object {
  return item?.body === undefined ? {} : { headers: { 'Content-Type': 'application/json' } }
}

function parseBatch(reply: GraphReply, asked: Asked) {
  try {
    return batchBody.parse(JSON.parse(reply.text)).responses
  } catch (cause) {
    throw incomplete(asked, 'an answer that is no batch', cause)
  }
}

function incomplete({ what }: Asked, found: string, cause?: unknown): AppError {
  return new AppError('graphFailed', `${what}: Microsoft Graph gave ${found}.`, { retryable: true, cause })
}
