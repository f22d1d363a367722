/** easgate/connectors/{id}/devices/{recordGuid}/wipe, cancelWipe, remove: by a person of the role Admin, one phone at a time. */
import * as z from 'zod'
import { cancelWipe, removePartnership, wipeDevice } from '../sync/deviceActions.ts'
import { takeOffLists } from '../sync/takeOffLists.ts'
import { patchOf, readBody } from './body.ts'
import type { Answer, Call } from './call.ts'
import { deviceInPath } from './deviceInPath.ts'

/** A body is asked for, so that no empty POST wipes a phone. */
const wipeBody = patchOf({ accountOnly: z.boolean(), again: z.boolean() })
const noBody = patchOf({})

/**
 * 200 with `state` (done: Exchange took it; failed; unknown) and `message`. Throws AppError notFound, badRequest, conflict where the relay's own switch is off
 * or a wipe was sent already, and what keeps a conversation from being opened.
 */
export async function wipe(call: Call): Promise<Answer> {
  const { connectorId, record } = await deviceInPath(call)
  const { accountOnly = false, again: isAgain = false } = await readBody(call.request, wipeBody)
  const asked = { connectorId, record, by: call.caller.id }
  return { status: 200, body: await wipeDevice(call.ports, asked, { accountOnly, isAgain }) }
}

/** The same answer. */
export async function cancel(call: Call): Promise<Answer> {
  const { connectorId, record } = await deviceInPath(call)
  await readBody(call.request, noBody)
  return { status: 200, body: await cancelWipe(call.ports, { connectorId, record, by: call.caller.id }) }
}

/** The same answer, and `lists`: which of the mailbox's lists the id was taken off, once the partnership is gone. */
export async function remove(call: Call): Promise<Answer> {
  const { connectorId, record, mailbox } = await deviceInPath(call)
  await readBody(call.request, noBody)
  const asked = { connectorId, record, by: call.caller.id }
  const result = await removePartnership(call.ports, asked)
  const deviceId = mailbox.records.find((one) => one.record.guid === record)?.record.deviceId ?? ''
  const isListed = result.state === 'done' && mailbox.mailbox !== null && deviceId !== ''
  const lists = isListed ? await takeOffLists(call.ports, asked, mailbox.guid, deviceId) : []
  return { status: 200, body: { ...result, lists } }
}
