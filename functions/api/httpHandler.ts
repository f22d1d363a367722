/** What is the same around every operation: who calls, may they, is the app configured, and Graph's way to say no. */
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import { asAppError, type AppError } from '../errors.ts'
import type { Log } from '../ports.ts'
import { processWiring, type Wiring } from '../wiring.ts'
import type { Answer, Route } from './call.ts'
import { identify, mayCall, type Caller } from './caller.ts'
import { errorAnswer, statusOf, type ErrorStatus, type RequestIds } from './errorAnswer.ts'

/*
 * In this order:                       | answer
 * not v1.0 or beta                     | 404
 * nobody known                         | 401
 * known, without the role of the route | 403
 * settings missing or wrong            | 503 with every problem
 * the operation                        | its own, or by the code of what it throws
 */
export function httpHandler(
  route: Route,
  wiring: () => Wiring = processWiring,
  now: () => Date = () => new Date(),
): HttpHandler {
  return async (request, context) => {
    const ids = idsOf(request, context, now())
    return toResponse(await answerTo(route, request, context, wiring(), ids), ids)
  }
}

async function answerTo(
  route: Route,
  request: HttpRequest,
  context: InvocationContext,
  wiring: Wiring,
  ids: RequestIds,
): Promise<Answer> {
  const log = wiring.log(context)
  const caller = admit(route, request, wiring)
  if ('status' in caller) {
    log.warn('httpRefused', { route: route.name, status: caller.status })
    return errorAnswer(caller.status, caller.message, ids)
  }
  try {
    const { connectors, joining } = wiring
    return await route.answer({ request, ports: await wiring.ports(context), caller, connectors, joining })
  } catch (thrown) {
    return failed(route, asAppError(thrown), log, ids)
  }
}

/** The caller, or why the operation is not begun. Settings are spoken of only to who may call. */
function admit(
  route: Route,
  request: HttpRequest,
  { hosting, problems }: Wiring,
): Caller | { readonly status: ErrorStatus; readonly message: string } {
  const version = request.params['version'] ?? 'v1.0'
  if (!/^(v1\.0|beta)$/i.test(version)) return { status: 404, message: 'There are the versions v1.0 and beta.' }
  const caller = identify(request, hosting)
  if (typeof caller === 'string') return { status: 401, message: caller }
  if (!mayCall(caller, route.role)) {
    return { status: 403, message: `This needs the app role ${route.role}; ask an administrator of easgate.` }
  }
  if (problems.length === 0) return caller
  return { status: 503, message: `The app is not configured: ${problems.join('. ')}.` }
}

/** What was not foreseen may name anything: the log has it, the answer has not. */
function failed(route: Route, error: AppError, log: Log, ids: RequestIds): Answer {
  const { code, message } = error
  const status = statusOf(error)
  if (status < 500) return errorAnswer(status, message, ids)
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack
  log.error('httpFailed', { route: route.name, status, code, message, ...(status === 500 ? { stack } : {}) })
  return errorAnswer(
    status,
    status === 500 ? 'This was not foreseen; the log has it under the request-id.' : message,
    ids,
  )
}

function idsOf(request: HttpRequest, { invocationId }: InvocationContext, now: Date): RequestIds {
  const given = request.headers.get('client-request-id')
  const clientRequestId = given !== null && /^[\w.:{}-]{1,128}$/.test(given) ? given : invocationId
  return { requestId: invocationId, clientRequestId, at: now.toISOString() }
}

function toResponse(
  { status, body, text, headers }: Answer,
  { requestId, clientRequestId }: RequestIds,
): HttpResponseInit {
  const always = {
    'request-id': requestId,
    'client-request-id': clientRequestId,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  }
  const content = text !== undefined ? { body: text } : body !== undefined ? { jsonBody: body } : {}
  return { status, headers: { ...always, ...headers }, ...content }
}
