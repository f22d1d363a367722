/** The simulated Autodiscover and EWS over HTTP or HTTPS, with Basic authentication; /_sim is for tests and the launcher. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { autodiscoverAnswer } from './autodiscoverAnswers.ts'
import { answer, fault as soapFault, folderError, mailOf, readOperation, type EwsAnswer } from './ewsAnswers.ts'
import type { Fault } from './faults.ts'
import type { EwsSimulation } from './simulation.ts'

/** Does not listen yet. `tls`: PEM of a key and its certificate. */
export function createEwsServer(
  simulation: EwsSimulation,
  tls?: { readonly key: string; readonly cert: string },
): Server {
  const listener: RequestListener = (request, response) => {
    answerTo(simulation, request, response).catch((error: unknown) => {
      response.writeHead(400).end(error instanceof Error ? error.message : String(error))
    })
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.keepAliveTimeout = 0
  return server
}

const xml = { 'content-type': 'text/xml; charset=utf-8' }

async function answerTo(simulation: EwsSimulation, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await textOf(request)
  const path = (request.url ?? '/').split('?')[0] ?? ''
  if (path.startsWith('/_sim/')) return admin(simulation, `${request.method} ${path}`, body, response)
  const authorization = request.headers.authorization ?? ''
  const authentication = authorization.split(' ')[0] ?? ''
  simulation.requests.push({ method: request.method ?? '', path, authentication, soapOrPox: body })
  const route = routes[`${request.method} ${path.toLowerCase()}`]
  if (!route)
    return void response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>Not found</body></html>')
  if (!isAccount(authorization, simulation)) {
    return void response.writeHead(401, { 'www-authenticate': 'Basic realm="exchange"' }).end()
  }
  route(simulation, request, response, body)
}

type Route = (simulation: EwsSimulation, request: IncomingMessage, response: ServerResponse, body: string) => void

const routes: Readonly<Record<string, Route>> = {
  'POST /autodiscover/autodiscover.xml': (simulation, request, response, body) => {
    const fault = simulation.faults.next('autodiscover')
    if (fault && misbehave(fault, response)) return
    const scheme = 'encrypted' in request.socket ? 'https' : 'http'
    const baseUrl = `${scheme}://${request.headers.host ?? ''}`
    response.writeHead(200, xml).end(autodiscoverAnswer(body, simulation.account.address, baseUrl, fault))
  },
  'POST /ews/exchange.asmx': (simulation, request, response, body) => {
    const fault = simulation.faults.next('ews')
    const given = ewsAnswer(simulation, request, body, fault)
    if (fault && misbehave(fault, response)) return
    response.writeHead(given.status, xml).end(given.body)
  },
}

function ewsAnswer(
  simulation: EwsSimulation,
  request: IncomingMessage,
  body: string,
  fault: Fault | undefined,
): EwsAnswer {
  if (fault?.kind === 'fault') return soapFault(fault.code, undefined, fault.backOffMs)
  const operation = readOperation(body)
  if ('status' in operation) return operation
  if (fault?.kind === 'error') return answer(operation.name, fault)
  if (operation.name === 'GetFolder') return answer('GetFolder', folderError(operation, simulation))
  const header = (name: string) => String(request.headers[name] ?? '')
  const headers = {
    userAgent: header('user-agent'),
    clientRequestId: header('client-request-id'),
    anchorMailbox: header('x-anchormailbox'),
  }
  const mail = mailOf(operation, simulation.account.address, headers)
  if (mail?.to.length === 0) return answer('CreateItem', { code: 'ErrorInvalidRecipients', message: 'No recipients.' })
  const isLeaving = !fault || ('delivers' in fault && fault.delivers)
  if (mail && isLeaving) simulation.mails.push(mail)
  return answer('CreateItem')
}

/** True: the answer was spoilt. */
function misbehave(fault: Fault, response: ServerResponse): boolean {
  if (fault.kind === 'cut') response.destroy()
  if (fault.kind === 'status')
    response.writeHead(fault.status, { 'content-type': 'text/html', ...fault.headers }).end(fault.body)
  return fault.kind === 'cut' || fault.kind === 'status' || fault.kind === 'hang'
}

function isAccount(authorization: string, { account }: EwsSimulation): boolean {
  const given = Buffer.from(/^Basic (.+)$/.exec(authorization)?.[1] ?? '', 'base64').toString('utf8')
  return given === `${account.user}:${account.password}`
}

function admin(
  { mails, requests, faults }: EwsSimulation,
  route: string,
  body: string,
  response: ServerResponse,
): void {
  const json = (value: object) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (route === 'GET /_sim/mails') json({ mails })
  else if (route === 'GET /_sim/requests') json({ requests })
  else if (route === 'POST /_sim/faults') {
    faults.set(JSON.parse(body))
    json({})
  } else response.writeHead(404).end()
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
