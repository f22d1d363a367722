/** The host's own paths: `GET /admin/host/status` (ready?) and `POST /admin/functions/{name}` (run a timer or queue function by hand). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isAllowed } from './functionKey.ts'
import { fromRequest } from './fromRequest.ts'
import type { HttpOptions } from './httpServer.ts'
import type { LocalFunction } from './localFunction.ts'
import { sendJson, sendStatus } from './sendRpcHttp.ts'
import { timerData } from './timers.ts'

/** Answers one `/admin` request. Status is open, so that whoever starts the host can wait for it; the rest needs the key, if there is one. */
export async function answerAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  options: HttpOptions,
): Promise<void> {
  if (request.method === 'GET' && path === '/admin/host/status') return sendJson(response, 200, { state: 'Running' })
  const name = /^\/admin\/functions\/([^/]+)$/.exec(path)?.[1]
  const fn = options.functions.find((one) => one.name.toLowerCase() === name?.toLowerCase())
  if (request.method !== 'POST' || !fn) return sendStatus(response, 404)
  if (!isAllowed(request, 'admin', options.key)) return sendStatus(response, 401)
  return startByHand(request, response, fn, options)
}

async function startByHand(
  request: IncomingMessage,
  response: ServerResponse,
  fn: LocalFunction,
  options: HttpOptions,
): Promise<void> {
  const { body } = await fromRequest(request, {}, () => undefined)
  const input = inputOf(Buffer.from(body?.bytes ?? []).toString('utf8'))
  if (input === undefined) return sendJson(response, 400, { message: 'the body must be JSON: { "input": … }' })
  if (fn.trigger.kind === 'http')
    return sendJson(response, 400, { message: `${fn.name} is an HTTP function: call its route` })
  // Azure answers when the invocation is under way, not when it has ended.
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  void options.invocations.run(fn, fn.trigger.kind === 'timer' ? timerData : { string: text })
  return sendStatus(response, 202)
}

/** The value of `input`, '' when there is no such member, undefined when the text is not a JSON object. An empty body counts as one. */
function inputOf(text: string): unknown {
  if (text.trim() === '') return ''
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    return 'input' in value && value.input !== undefined ? value.input : ''
  } catch {
    return undefined
  }
}
