/** An answer of Graph that is not 200, as our error (facts D1): what was asked, status, Graph's code, the ids its support asks for, what to do. Pure. */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { GraphReply } from './graphHttp.ts'
import { isRetryable } from './retryStrategy.ts'

/** What was asked, for messages. */
export interface Asked {
  /** As in "reading users". */
  readonly what: string
  /** The application permission that it needs (facts D2, D3). */
  readonly permission: string
  readonly groupId?: string
}

const errorBody = z.object({ error: z.object({ code: z.string() }) })

/*
 *  status        | error
 *  --------------+---------------------------------------------------------------
 *  401, 403      | graphDenied, naming the permission
 *  404, a group  | groupNotFound, naming the group
 *  retryable     | graphFailed, retryable: the retries inside were used up
 *  410           | graphFailed: the cursor is too old, begin again without it
 *  any other     | graphFailed: the same request will fail again
 */
export function graphFailure(reply: GraphReply, asked: Asked): AppError {
  const code = codeOf(reply.text)
  const ids = `request-id ${reply.requestId ?? 'none'}, client-request-id ${reply.clientRequestId}`
  const failed = `${asked.what} from Microsoft Graph failed: ${reply.status} ${code ?? 'without a code'} (${ids}).`
  switch (reply.status) {
    case 401:
      return new AppError(
        'graphDenied',
        `${failed} The token was refused, and so was a new one: check the app's identity, its tenant and the endpoint.`,
      )
    case 403:
      return new AppError(
        'graphDenied',
        `${failed} Grant the app's identity the application permission ${asked.permission}.`,
      )
    case 404:
      if (asked.groupId === undefined) break
      return new AppError(
        'groupNotFound',
        `${failed} Group ${asked.groupId} does not exist: take it out of the policy or restore it.`,
      )
    case 410:
      return new AppError('graphFailed', `${failed} The cursor is no longer valid: begin again without it.`)
  }
  return new AppError('graphFailed', failed, { retryable: isRetryable(reply.status) })
}

function codeOf(text: string): string | null {
  try {
    const body = errorBody.safeParse(JSON.parse(text))
    return body.success ? body.data.error.code.slice(0, 80) : null
  } catch {
    return null
  }
}
