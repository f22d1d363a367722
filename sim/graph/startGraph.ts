/** Starts a simulated Microsoft Graph on loopback: for tests, benches and local runs. Never shipped. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { answerAdmin } from './admin.ts'
import { makeFaults, type Faults } from './faults.ts'
import { errorBody } from './graphError.ts'
import { toGraphRequest } from './request.ts'
import { makeRequestCounter, type RequestCounter, type Requests } from './requests.ts'
import { makeRoutes } from './routes.ts'
import { send } from './send.ts'
import { makeServe, type Serve } from './serve.ts'
import { makeState, type GraphState } from './state.ts'
import type { GraphPatch, GraphRemoval, GraphWorld } from './world.ts'

export type GraphOptions = {
  readonly world: GraphWorld
  /** 0: any free one. */
  readonly port?: number
  /** No page of a list is larger, whatever `$top` asks; default: Graph's own limits. */
  readonly maxPage?: number
  /** Items in a page of a delta; default 200. */
  readonly deltaPage?: number
  /** Members in one item of the groups' delta; default 100. */
  readonly membersInItem?: number
  /** Every change of an Intune device shows at its Entra device, and every Intune device has one; see differences.md. */
  readonly linksEntra?: boolean
  /** The only bearer token that is good; default: none is asked for. */
  readonly requireToken?: string
  /** Milliseconds since 1970, for the age of delta tokens. */
  readonly now?: () => number
}

export type SimulatedGraph = {
  readonly port: number
  /** `http://127.0.0.1:port`, without a version. */
  readonly url: string
  readonly faults: Faults
  readonly patch: (patch: GraphPatch) => void
  readonly remove: (removal: GraphRemoval) => void
  readonly requests: () => Requests
  readonly close: () => Promise<void>
}

export async function startGraph(options: GraphOptions): Promise<SimulatedGraph> {
  const state = makeState(options.world, options.linksEntra ?? false)
  const faults = makeFaults()
  const counter = makeRequestCounter()
  const routes = makeRoutes(state, {
    cap: options.maxPage ?? Infinity,
    pageSize: options.deltaPage ?? 200,
    membersInItem: options.membersInItem ?? 100,
    now: options.now ?? Date.now,
  })
  const serve = makeServe(routes, faults, counter, options.requireToken)
  const server = createServer(listener(serve, { state, faults, counter }))
  const port = await listen(server, options.port ?? 0)
  const url = `http://127.0.0.1:${port}`
  const { patch, remove } = state
  return { port, url, faults, patch, remove, requests: counter.read, close: () => stop(server) }
}

type Parts = { readonly state: GraphState; readonly faults: Faults; readonly counter: RequestCounter }

function listener(serve: Serve, parts: Parts): RequestListener {
  return (request, response) => {
    const answer = async (): Promise<void> => {
      const method = request.method ?? 'GET'
      const url = new URL(request.url ?? '/', originOf(request))
      const body = parseJson(await text(request))
      if (url.pathname.startsWith('/_sim/')) {
        return send(request, response, answerAdmin(`${method} ${url.pathname}`, body, parts))
      }
      const graphRequest = toGraphRequest(method, url, headersOf(request), body)
      if (graphRequest === null) {
        return send(request, response, { status: 400, body: errorBody('BadRequest', 'Invalid version.') })
      }
      const { reply, fault } = await serve(graphRequest)
      send(request, response, reply, fault)
    }
    answer().catch((thrown: unknown) => {
      send(request, response, { status: 500, body: errorBody('InternalServerError', String(thrown)) })
    })
  }
}

/** As the client sees us: links lead back the way it came, through something that ends TLS too. */
function originOf({ headers }: IncomingMessage): string {
  const isTls = headers['x-forwarded-proto'] === 'https'
  return `${isTls ? 'https' : 'http'}://${headers.host ?? '127.0.0.1'}`
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The simulated Graph has no port.')
  return address.port
}

async function stop(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
}
