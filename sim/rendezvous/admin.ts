/** The simulator's own HTTP routes, for when it runs as its own process: `GET /_sim/state` and `POST /_sim/fault`. Loopback only, no password. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import * as z from 'zod'
import type { Faults } from './faults.ts'
import type { Namespace } from './namespace.ts'

const kind = z.enum(['control', 'sender', 'listener', 'data', 'all'])
const action = z.enum(['listen', 'connect', 'accept', 'request'])
const count = z.number().int().positive()
const choice = z.strictObject({ kind, path: z.string(), count }).partial()

/** One order: the name of a fault and its options, all in one JSON object. */
const orderSchema = z.discriminatedUnion('fault', [
  choice.extend({ fault: z.literal('killSockets'), how: z.enum(['fin', 'rst']).optional() }),
  choice.extend({ fault: z.literal('blackHole') }),
  choice.extend({
    fault: z.literal('closeAfter'),
    afterMs: z.number().min(0).optional(),
    code: z.number().int().min(1000).max(4999).optional(),
    reason: z.string().max(120).optional(),
  }),
  z.strictObject({ fault: z.literal('stallUpgrade'), action, count: count.optional() }),
  z.strictObject({
    fault: z.literal('refuse'),
    action,
    status: z.number().int().min(400).max(599),
    text: z.string().optional(),
    count: count.optional(),
  }),
  z.strictObject({
    fault: z.literal('spoilAccept'),
    how: z.enum(['duplicate', 'expired', 'lost']),
    count: count.optional(),
  }),
  z.strictObject({ fault: z.literal('sendControl'), text: z.string(), path: z.string().optional() }),
  choice.extend({ fault: z.literal('sendGarbage') }),
  choice.omit({ kind: true }).extend({ fault: z.literal('forgetListeners') }),
  z.strictObject({ fault: z.literal('clear') }),
])

type Order = z.infer<typeof orderSchema>

/** Answers `{ "sockets": n }`: how many sockets the fault touched, for the faults that touch sockets. */
export function serveAdmin(namespace: Namespace): RequestListener {
  return (request, response) => {
    const route = `${request.method} ${request.url}`
    if (route === 'GET /_sim/state') return answer(response, 200, namespace.state())
    if (route === 'POST /_sim/fault') return void onFault(request, response, namespace.faults)
    answer(response, 501, { error: 'HTTP mode is not implemented by this simulator; dial a WebSocket to /$hc/<path>' })
  }
}

async function onFault(request: IncomingMessage, response: ServerResponse, faults: Faults): Promise<void> {
  try {
    const order = orderSchema.parse(await json(request))
    answer(response, 200, { sockets: apply(faults, order) ?? 0 })
  } catch (error) {
    answer(response, 400, { error: error instanceof z.ZodError ? z.prettifyError(error) : String(error) })
  }
}

function apply(faults: Faults, order: Order): number | void {
  switch (order.fault) {
    case 'killSockets':
      return faults.killSockets(order)
    case 'blackHole':
      return faults.blackHole(order)
    case 'closeAfter':
      return faults.closeAfter(order)
    case 'stallUpgrade':
      return faults.stallUpgrade(order)
    case 'refuse':
      return faults.refuse(order)
    case 'spoilAccept':
      return faults.spoilAccept({ fault: order.how, count: order.count })
    case 'sendControl':
      return faults.sendControl(order)
    case 'sendGarbage':
      return faults.sendGarbage(order)
    case 'forgetListeners':
      return faults.forgetListeners(order)
    case 'clear':
      return faults.clear()
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
