/** The host's HTTP side: routes requests to functions and answers for them. Listens on loopback only. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { answerAdmin } from './admin.ts'
import { isAllowed } from './functionKey.ts'
import type { Invocations } from './invocations.ts'
import type { LocalFunction } from './localFunction.ts'
import { errorText, messageOf, type WriteLog } from './log.ts'
import { BodyTooLarge, fromRequest } from './fromRequest.ts'
import { HostError } from './hostError.ts'
import { findFunction, httpTable, type HttpFunction } from './httpTable.ts'
import { sendRpcHttp, sendStatus } from './sendRpcHttp.ts'

export type HttpOptions = {
  functions: LocalFunction[]
  invocations: Invocations
  key: string | undefined
  log: WriteLog
}

export type HttpHost = { port: number; close(): Promise<void> }

/**
 * Serves the HTTP functions and the host's own `/admin` paths on 127.0.0.1; port 0 takes any free one. As Azure's host: no function
 * for path and method is 404 (never 405, and HEAD needs a function that lists HEAD), a failed function is 500 with an empty body.
 */
export async function startHttp(options: HttpOptions, port: number): Promise<HttpHost> {
  const table = httpTable(options.functions)
  const open = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    serve(request, response, table, options).catch((thrown: unknown) => {
      if (thrown instanceof BodyTooLarge) return sendStatus(response, 413)
      options.log('error', `${request.method} ${pathOf(request)} could not be answered: ${errorText(thrown)}`)
      return response.headersSent ? response.destroy() : sendStatus(response, 500)
    })
  })
  return { port: await listen(server, port), close: () => closeServer(server, open) }
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch (thrown) {
    throw new HostError(`port ${port} cannot be listened on: ${messageOf(thrown)}; choose another with --port`)
  }
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

/**
 * Resolves when every answer is out and the port is free; new requests get 503 meanwhile. The server may be closed only then: its
 * close() destroys each connection whose answer was handed over, even one that is still being written.
 */
async function closeServer(server: Server, open: Set<ServerResponse>): Promise<void> {
  server.removeAllListeners('request')
  server.on('request', (_request, response) => sendStatus(response.setHeader('connection', 'close'), 503))
  for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close')
  await Promise.all([...open].map((response) => once(response, 'close')))
  const closed = once(server, 'close')
  server.close()
  await closed
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  table: HttpFunction[],
  options: HttpOptions,
): Promise<void> {
  const path = pathOf(request)
  if (/^\/admin(\/|$)/i.test(path)) return answerAdmin(request, response, path, options)
  const matched = findFunction(table, request.method ?? 'GET', path)
  if (!matched) return sendStatus(response, 404)
  if (!isAllowed(request, matched.trigger.authLevel, options.key)) return sendStatus(response, 401)

  const data = await fromRequest(request, matched.params, (message) =>
    options.log('warning', message, { functionName: matched.fn.name }),
  )
  const outcome = await options.invocations.run(matched.fn, { http: data })
  if (!outcome.ok) return sendStatus(response, 500)
  const http = outcome.response.returnValue?.http
  return http ? sendRpcHttp(response, http) : sendStatus(response, 204)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?')[0] ?? '/'
}
