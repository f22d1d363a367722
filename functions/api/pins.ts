/** easgate/connectors/{id}/pins[/{recordGuid}]: an administrator's word for one EAS record, with a note and perhaps an end. */
import * as z from 'zod'
import { hasEnded, type Pin } from '../core/pin.ts'
import { resolveOwner } from '../core/resolveOwner.ts'
import { AppError } from '../errors.ts'
import { listPins, removePin, setPin } from '../sync/pins.ts'
import type { StoredMailbox } from '../sync/storedMailboxes.ts'
import { audited } from './audited.ts'
import { closedObject, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { readPolicy } from './changePolicy.ts'
import { deviceInPath, type FoundDevice } from './deviceInPath.ts'
import { pageBody, readPosition, readTop } from './paging.ts'
import { dateTime, oneLine } from './settingsPatch.ts'

/** The record after which the next page begins. */
const positionSchema = z.string().max(512)

/** In the order of the records; before the first page's stand those of the settings' list. Throws AppError notFound, badRequest. */
export async function getPins(call: Call): Promise<Answer> {
  const { store, clock } = call.ports
  const connectorId = connectorInPath(call)
  const after = readPosition(call.request, positionSchema)
  const { pins, next } = await listPins(store, connectorId, after ?? '', readTop(call.request, 100, 1000))
  const nowMs = clock.now().getTime()
  const own = pins.map(({ pin, mailbox }) => toView(pin, mailbox, nowMs))
  if (after !== null) return { status: 200, body: pageBody(call.request, own, next) }
  const { settings } = (await readPolicy(store, connectorId)).value
  const listed = settings.pins.map((pin) => ({ ...pin, source: 'settings', hasEnded: hasEnded(pin, nowMs) }))
  return { status: 200, body: pageBody(call.request, [...listed, ...own], next) }
}

/** The pin as it was set, ended or not. Throws AppError notFound. */
export async function getPin(call: Call): Promise<Answer> {
  const { record, mailbox } = await deviceInPath(call)
  const pin = pinOf(mailbox, record)
  if (pin) return { status: 200, body: toView(pin, mailbox, call.ports.clock.now().getTime()) }
  throw new AppError('notFound', `the EAS record ${record} is not pinned`)
}

const bodySchema = closedObject({
  access: z.enum(['allow', 'block']),
  note: oneLine.trim().min(1, 'is needed: say who asked for it, and why'),
  until: dateTime.nullable().default(null),
})

/** Replaces the record's pin. The mailbox is decided again by the next quick sync, and when the pin ends. Throws AppError notFound, badRequest. */
export async function putPin(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const given = await readBody(call.request, bodySchema)
  const now = call.ports.clock.now()
  if (hasEnded(given, now.getTime())) {
    const message = `until: ${given.until} has passed (it is ${now.toISOString()}); give a later time, or null for no end`
    throw new AppError('badRequest', message)
  }
  const { record, mailbox } = await deviceInPath(call)
  const pin: Pin = { record, ...given }
  const change = { action: 'pinned', subject: record, before: pinOf(mailbox, record), after: pin }
  await audited(call, connectorId, change, async () => setPin(call.ports, connectorId, mailbox.guid, pin))
  return { status: 200, body: toView(pin, mailbox, now.getTime()) }
}

/** Throws AppError notFound, conflict for one that only the settings' list has. */
export async function deletePin(call: Call): Promise<Answer> {
  const found = await deviceInPath(call)
  const { connectorId, record, mailbox } = found
  const before = pinOf(mailbox, record)
  if (!before) throw await notPinned(call, found)
  const change = { action: 'unpinned', subject: record, before, after: null }
  await audited(call, connectorId, change, async () => removePin(call.ports, connectorId, mailbox.guid, record))
  return { status: 204 }
}

async function notPinned({ ports }: Call, { connectorId, record }: FoundDevice): Promise<AppError> {
  const { settings } = (await readPolicy(ports.store, connectorId)).value
  if (!settings.pins.some((pin) => pin.record === record))
    return new AppError('notFound', `the EAS record ${record} is not pinned`)
  return new AppError(
    'conflict',
    `the EAS record ${record} is pinned by the settings' list; take it out of \`pins\` there, or PUT another pin over it`,
  )
}

function pinOf({ pins }: StoredMailbox, record: string): Pin | null {
  return pins.find((pin) => pin.record === record) ?? null
}

function toView(pin: Pin, { guid, records, owners }: StoredMailbox, nowMs: number) {
  const record = records.find((one) => one.record.guid === pin.record)?.record
  return {
    ...pin,
    source: 'pin',
    hasEnded: hasEnded(pin, nowMs),
    mailbox: guid.startsWith('dn:') ? null : guid,
    user: resolveOwner(owners)?.user.id ?? null,
    deviceId: record?.deviceId ?? null,
    type: record?.deviceType ?? null,
    model: record?.deviceModel ?? null,
  }
}
