/** The simulated Exchange's HTTP server. Its interface: the shells and /invoke for the stand-in, /_sim for tests and the launcher. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import * as z from 'zod'
import { adminRoutes } from './adminRoutes.ts'
import { answerInvoke } from './answerInvoke.ts'
import { CmdletError, errors } from './cmdletError.ts'
import { isDown, isNamed } from './downServers.ts'
import { readJson, writeJson, type Route } from './routes.ts'
import type { Simulation } from './simulation.ts'

/** Does not listen yet. */
export function createExchangeServer(simulation: Simulation): Server {
  const server = createServer((request, response) => {
    answer(simulation, request, response).catch((error: unknown) => refuse(response, error))
  })
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  return server
}

const routes: Readonly<Record<string, Route>> = {
  ...adminRoutes,
  'POST /shells': async ({ simulation, body, response }) => {
    const { account, server } = shellRequest.parse(await body())
    const { exchange, faults, shells, now } = simulation
    const fqdn = server ?? exchange.servers[0]?.Fqdn ?? ''
    if (isDown(simulation, fqdn)) throw errors.unreachable(fqdn)
    if (isNamed(simulation, fqdn, faults.settings.refusing)) throw errors.refusedAccount(fqdn)
    const shell = shells.open({ account, server: fqdn }, faults.settings, now())
    writeJson(response, 200, { shell: shell.id, server: fqdn })
  },
  'POST /invoke': async ({ simulation, body, response }) =>
    answerInvoke(simulation, invokeRequest.parse(await body()), response),
}

const shellRequest = z.object({ account: z.string().default('svc'), server: z.string().optional() })
const invokeRequest = z.object({
  shell: z.string(),
  cmdlet: z.string(),
  parameters: z.record(z.string(), z.unknown()).default({}),
  returns: z.array(z.string()).optional(),
})

async function answer(simulation: Simulation, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sim')
  const closing = /^\/shells\/([^/]+)$/.exec(url.pathname)?.[1]
  if (request.method === 'DELETE' && closing !== undefined) {
    return writeJson(response, simulation.shells.close(closing) ? 200 : 404, {})
  }
  const route = routes[`${request.method} ${url.pathname}`]
  if (!route) return writeJson(response, 404, { error: { message: `no route ${request.method} ${url.pathname}` } })
  await route({ simulation, url, response, body: () => readJson(request) })
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  if (error instanceof CmdletError) return writeJson(response, 429, { error: error.toWire() })
  const message =
    error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error)
  writeJson(response, 400, { error: { message } })
}
