/** A small internet for Autodiscover and EWS: what each address answers, and who was asked what; and the simulated EWS as one of its hosts. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { ResolveSrv, SrvRecord, Web } from '../../../relay/mail/web.ts'
import type { WebReply, WebRequest } from '../../../relay/mail/webRequest.ts'
import { createEwsServer } from '../../../sim/ews/server.ts'
import { createEwsSimulation, type EwsSimulation } from '../../../sim/ews/simulation.ts'

export const from = 'notify@contoso.com'
export const account = { user: 'CONTOSO\\notify', password: 'pä:ss' }

type Answer = WebReply | ((request: WebRequest) => Promise<WebReply>)

export interface FakeWeb extends Web {
  readonly asked: WebRequest[]
  /** Who was asked, as method and address. */
  places(): string[]
}

/** By method and address; anything else is a host that does not exist. */
export function fakeWeb(answers: Readonly<Record<string, Answer>>, points: readonly string[] = []): FakeWeb {
  const asked: WebRequest[] = []
  return {
    asked,
    places: () => asked.map(({ method, url }) => `${method} ${url}`),
    connectionPoints: async () => points,
    async post(request) {
      asked.push(request)
      const answer = answers[`${request.method} ${request.url}`] ?? noHost
      return typeof answer === 'function' ? answer(request) : answer
    },
  }
}

export const noHost: WebReply = { category: 'connect', message: 'no such host', sent: false }
export const status = (code: number, headers: Record<string, string> = {}): WebReply => ({
  status: code,
  headers,
  body: '',
})
export const page = (body: string): WebReply => ({ status: 200, headers: {}, body })

/** DNS that knows only Autodiscover's records, by domain. */
export function srv(records: Readonly<Record<string, readonly SrvRecord[]>>): ResolveSrv {
  return async (name) => {
    const found = records[name]
    if (found) return found
    throw new Error(`querySrv ENOTFOUND ${name}`)
  }
}

interface SimulatedEws {
  readonly simulation: EwsSimulation
  readonly url: string
  /** Passes a request on to it with Basic, as the module would. */
  readonly answer: (request: WebRequest) => Promise<WebReply>
}

/** The simulated EWS for the tests of a file: before each it has no faults, has sent nothing, and was asked nothing. */
export function simulatedEws(): SimulatedEws {
  const simulation = createEwsSimulation({ ...account, address: from })
  const server: Server = createEwsServer(simulation)
  let url = ''
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  beforeEach(() => {
    simulation.faults.set([])
    simulation.mails.length = 0
    simulation.requests.length = 0
  })
  return {
    simulation,
    get url() {
      return url
    },
    answer: async (request) => passOn(url, request),
  }
}

async function passOn(url: string, request: WebRequest): Promise<WebReply> {
  const { pathname } = new URL(request.url)
  const token = Buffer.from(`${request.account?.user}:${request.account?.password}`).toString('base64')
  const authorization = request.account ? { authorization: `Basic ${token}` } : {}
  try {
    const response = await fetch(`${url}${pathname}`, {
      method: request.method,
      headers: { ...request.headers, ...authorization },
      redirect: 'manual',
      ...(request.body !== undefined && { body: request.body }),
    })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  } catch (error) {
    return { category: 'other', message: String(error), sent: true }
  }
}
