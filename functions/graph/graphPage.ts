/** One page of a Graph collection: rows and the link to the next page, which may lead only to where we came from. */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { GraphReply } from './graphHttp.ts'
import type { Asked } from './graphFailure.ts'

const pageBody = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().min(1).nullish() })

export interface GraphPage {
  readonly rows: readonly unknown[]
  readonly next: string | null
}

/** Throws AppError graphFailed where the body is no page (retryable: it may have been cut on the way). Pure. */
export function parsePage(reply: GraphReply, asked: Asked): GraphPage {
  const body = pageBody.safeParse(parseJson(reply.text))
  if (body.success) return { rows: body.data.value, next: body.data['@odata.nextLink'] ?? null }
  const message = `${asked.what} from Microsoft Graph gave no page: the body of ${reply.text.length} characters is not JSON with an array "value" (request-id ${reply.requestId ?? 'none'}, client-request-id ${reply.clientRequestId}).`
  throw new AppError('graphFailed', message, { retryable: true })
}

/** A cursor leads the token somewhere: only to our own endpoint. Throws AppError graphFailed, not retryable. Pure. */
export function checkCursor(cursor: string, origin: string, asked: Asked): string {
  const given = URL.canParse(cursor) ? new URL(cursor) : null
  if (given !== null && given.origin === origin && given.username === '' && given.password === '') return cursor
  const where = given === null ? 'no address at all' : given.origin
  throw new AppError(
    'graphFailed',
    `${asked.what}: the link to the next page leads to ${where}, not to ${origin}; it is not followed.`,
  )
}

/**
 * Refuses a link that another page gave already, or that leads to its own page: such a listing never ends. A page that is asked again, by a step
 * that is repeated, gives its own link again and is no loop.
 */
export function makeLoopCheck(): (from: string, next: string | null, asked: Asked) => void {
  const givenBy = new Map<string, string>()
  return (from, next, asked) => {
    if (next === null) return
    if (next === from || (givenBy.get(next) ?? from) !== from) {
      throw new AppError(
        'graphFailed',
        `${asked.what}: Microsoft Graph gave the same link to a next page twice; the listing would never end.`,
        { retryable: true },
      )
    }
    givenBy.set(next, from)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
