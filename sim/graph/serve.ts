/** What becomes of one request: counted, its token looked at, its fault or its route, its ids. */
import { answerBatch } from './batch.ts'
import type { Fault, FaultName, Faults } from './faults.ts'
import { GraphFault, withIds } from './graphError.ts'
import { optionOf, type GraphReply, type GraphRequest } from './request.ts'
import type { RequestCounter } from './requests.ts'
import type { Routes } from './routes.ts'
import { spoilPage, statusReply } from './spoil.ts'
import { pageNumberOf } from './token.ts'

type Served = {
  readonly reply: GraphReply
  /** What the connection does to it. */
  readonly fault: Fault | null
}

export type Serve = (request: GraphRequest) => Promise<Served>

/** Inside a batch there is no connection of one's own. */
const faultsInBatch: readonly FaultName[] = [
  'status',
  'noValue',
  'foreignLink',
  'sameLink',
  'repeatPage',
  'emptyPage',
  'row',
]

export function makeServe(
  routes: Routes,
  faults: Faults,
  counter: RequestCounter,
  requireToken: string | undefined,
): Serve {
  const inBatch = async (request: GraphRequest): Promise<GraphReply> => {
    const fault = faults.take(request, pageNumberOf(optionOf(request, '$skiptoken')), faultsInBatch)
    const reply = await answer(request, fault, async () => routes(request))
    counter.note(request, reply.status, true)
    return reply
  }
  return async (request) => {
    const fault = faults.take(request, pageNumberOf(optionOf(request, '$skiptoken')))
    const reply = await answer(request, fault, async () => {
      checkToken(request, requireToken)
      const isBatch = request.method === 'POST' && request.path.length === 1 && request.path[0] === '$batch'
      return isBatch ? answerBatch(request, inBatch) : routes(request)
    })
    const isAnswered = fault?.fault !== 'reset' && fault?.fault !== 'hang'
    counter.note(request, isAnswered ? reply.status : 0, false)
    return { reply, fault }
  }
}

async function answer(
  request: GraphRequest,
  fault: Fault | null,
  route: () => Promise<GraphReply>,
): Promise<GraphReply> {
  try {
    const reply = fault?.fault === 'status' ? statusReply(fault, request) : await route()
    return withIds(fault === null ? reply : spoilPage(fault, reply, request), request.headers)
  } catch (thrown) {
    if (thrown instanceof GraphFault) return withIds(thrown.reply, request.headers)
    throw thrown
  }
}

function checkToken({ headers }: GraphRequest, token: string | undefined): void {
  if (token === undefined || headers['authorization'] === `Bearer ${token}`) return
  const code = 'InvalidAuthenticationToken'
  const message = headers['authorization'] === undefined ? 'Access token is empty.' : 'Access token validation failure.'
  throw new GraphFault(401, code, message, { 'www-authenticate': 'Bearer realm="", error="invalid_token"' })
}
