/** easgate/connectors/{id}/activations[/{recordGuid}]: EAS records that people activated, and an administrator's word on those that wait. */
import * as z from 'zod'
import { isManaged, names, type Activation } from '../core/activation.ts'
import { newest } from '../core/match.ts'
import { resolveOwner } from '../core/resolveOwner.ts'
import type { IntuneDevice } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { activationOf, listActivations, saveActivation } from '../sync/activations.ts'
import { syncSoon } from '../sync/syncSoon.ts'
import type { StoredMailbox } from '../sync/storedMailboxes.ts'
import { audited } from './audited.ts'
import { closedObject, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { deviceInPath, type FoundDevice } from './deviceInPath.ts'
import { pageBody, readPosition, readTop } from './paging.ts'
import { oneLine } from './settingsPatch.ts'

const states: readonly Activation['state'][] = ['bound', 'waiting', 'rejected', 'ended']
/** The record after which the next page begins. */
const positionSchema = z.string().max(512)

/** In the order of the records; `?state=waiting` is the approval list. A page may have fewer than asked for. Throws AppError notFound, badRequest. */
export async function getActivations(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const state = readState(call)
  const after = readPosition(call.request, positionSchema) ?? ''
  const { found, next } = await listActivations(call.ports.store, connectorId, after, readTop(call.request, 100, 1000))
  const wanted = found.filter(({ activation }) => state === null || activation.state === state)
  const views = wanted.map(({ activation, mailbox }) => toView(activation, mailbox))
  return { status: 200, body: pageBody(call.request, views, next) }
}

function readState({ request }: Call): Activation['state'] | null {
  const text = request.query.get('state')
  const state = states.find((one) => one === text)
  if (text !== null && !state) throw new AppError('badRequest', `state must be one of ${states.join(', ')}`)
  return state ?? null
}

/** Throws AppError notFound. */
export async function getActivation(call: Call): Promise<Answer> {
  const { activation, mailbox } = await activationInPath(call)
  return { status: 200, body: toView(activation, mailbox) }
}

const note = oneLine.trim().min(1, 'is needed: say why')
const approveSchema = closedObject({
  /** Which of the person's devices it is; default: the one that the activation names. */
  intuneDeviceId: z
    .guid('must be the id of an Intune device')
    .transform((text) => text.toLowerCase())
    .optional(),
  note,
})

/*
 * the activation | the device, as Intune has it now               | answer
 * not waiting    | -                                              | conflict
 * waiting        | none is named, neither by it nor by the body   | badRequest, with the person's devices
 * waiting        | not the person's, or not managed               | conflict: it could never match
 * waiting        | the person's own, managed                      | bound; model and other EAS ids are the administrator's word
 */
/** Binds, and decides the mailbox at once. Throws AppError notFound, badRequest, conflict, and those of Graph. */
export async function approveActivation(call: Call): Promise<Answer> {
  const found = await activationInPath(call, 'waiting')
  const { intuneDeviceId, note: why } = await readBody(call.request, approveSchema)
  const device = await deviceOf(call, found.activation, intuneDeviceId)
  const { azureAdDeviceId } = device
  const named = { intuneDeviceId: device.id, azureAdDeviceId }
  return decide(call, found, 'activationApproved', { ...named, state: 'bound', isApproved: true }, why)
}

async function deviceOf({ ports }: Call, activation: Activation, given: string | undefined): Promise<IntuneDevice> {
  const { userId } = activation
  const own = (await ports.directory.devicesOfUsers([userId])).get(userId) ?? []
  const managed = own.filter(isManaged)
  const list = managed.map(({ id, model }) => `${id} (${model ?? 'model not known'})`).join(', ') || 'none'
  if (given === undefined && activation.intuneDeviceId === null)
    throw new AppError('badRequest', `say which device it is with intuneDeviceId; managed ones of this person: ${list}`)
  const device = newest(managed.filter((one) => (given === undefined ? names(activation, one) : one.id === given)))
  if (device) return device
  const id = given ?? activation.intuneDeviceId
  const remedy = 'let the person enroll it, or name another one with intuneDeviceId'
  throw new AppError('conflict', `${id} is no managed device of this person (managed: ${list}); ${remedy}`)
}

/** The phone stays out; a new link can be activated again. Throws AppError notFound, badRequest, conflict. */
export async function rejectActivation(call: Call): Promise<Answer> {
  const found = await activationInPath(call, 'waiting')
  const { note: why } = await readBody(call.request, closedObject({ note }))
  return decide(call, found, 'activationRejected', { state: 'rejected' }, why)
}

/** Ends a binding; the mailbox is decided without it at once. Throws AppError notFound, conflict for one that is not bound. */
export async function endActivation(call: Call): Promise<Answer> {
  const found = await activationInPath(call, 'bound')
  await decide(call, found, 'activationEnded', { state: 'ended', isApproved: false }, '')
  return { status: 204 }
}

interface Found extends FoundDevice {
  readonly activation: Activation
}

/** `state`: it must be in that one. */
async function activationInPath(call: Call, state?: Activation['state']): Promise<Found> {
  const found = await deviceInPath(call)
  const activation = activationOf(found.mailbox, found.record)
  if (!activation) throw new AppError('notFound', `nobody activated the EAS record ${found.record}`)
  if (state === undefined || activation.state === state) return { ...found, activation }
  throw new AppError('conflict', `the activation of ${found.record} is ${activation.state}, not ${state}`)
}

async function decide(
  call: Call,
  { connectorId, record, mailbox, activation }: Found,
  action: string,
  change: Partial<Activation>,
  why: string,
): Promise<Answer> {
  const { ports, caller } = call
  const decided = { by: caller.id, at: ports.clock.now().toISOString(), note: why }
  const after: Activation = { ...activation, ...change, decided }
  await audited(call, connectorId, { action, subject: record, before: activation, after }, async () => {
    await saveActivation(ports, connectorId, mailbox, after)
    if (after.state !== 'rejected') await syncSoon(ports, connectorId, caller.id)
  })
  return { status: 200, body: toView(after, mailbox) }
}

/** Used links are nobody's business. */
function toView({ usedLinks: _used, ...activation }: Activation, { guid, records, owners, devices }: StoredMailbox) {
  const record = records.find((one) => one.record.guid === activation.record)?.record
  return {
    ...activation,
    mailbox: guid,
    user: resolveOwner(owners)?.user.id ?? null,
    type: record?.deviceType ?? null,
    model: record?.deviceModel ?? null,
    intuneDevice: devices.find((device) => names(activation, device)) ?? null,
  }
}
