/** easgate/connectors/{id}/retire and /reinstate: the end of a connector, with its entries and settings taken out of Exchange, and the way back. */
import * as z from 'zod'
import { reinstateConnector, retireConnector } from '../sync/retireConnector.ts'
import { audited } from './audited.ts'
import { closedObject, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'

/** Said in so many words, so that no empty POST ends a connector. */
const bodySchema = closedObject({ withdraw: z.boolean() })

/**
 * 202 while a last full sync withdraws what is easgate's (`state` retiring, `runId` where it has started), 200 when it is retired. Throws AppError notFound,
 * badRequest, connectorRetired.
 */
export async function retire(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const { withdraw } = await readBody(call.request, bodySchema)
  const change = { action: 'connectorRetired', subject: connectorId, before: null, after: { withdraw } }
  const body = await audited(call, connectorId, change, () =>
    retireConnector(call.ports, connectorId, call.caller.id, withdraw),
  )
  return { status: body.state === 'retiring' ? 202 : 200, body }
}

/** 200 with what is left to do. Throws AppError notFound, conflict, organizationTaken. */
export async function reinstate(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const change = { action: 'connectorReinstated', subject: connectorId, before: null, after: null }
  await audited(call, connectorId, change, () => reinstateConnector(call.ports, connectorId))
  const toDo = ['Relays that were told of the end take nothing until they are joined again: easgate-relay join.']
  return { status: 200, body: { id: connectorId, toDo } }
}
