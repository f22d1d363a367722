/** easgate/connectors/{id}/devices: every EAS record with its last decision, partition by partition, as the last sync left them. */
import * as z from 'zod'
import { partitionCount } from '../core/partition.ts'
import { resolveOwner } from '../core/resolveOwner.ts'
import type { EasRecord, Owner, StoredDecision } from '../core/types.ts'
import type { Store, StoredRow } from '../portsStore.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { pageBody, readPosition, readTop } from './paging.ts'

/** The partition to go on with, and the last record of it that was given, as `mailbox|record`; empty before its first. */
const positionSchema = z.object({
  partition: z
    .int()
    .min(0)
    .max(partitionCount - 1),
  after: z.string().max(512),
})
type Position = z.infer<typeof positionSchema>

/** Throws AppError notFound, badRequest. */
export async function listDevices(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const top = readTop(call.request, 100, 1000)
  const start = readPosition(call.request, positionSchema) ?? { partition: 0, after: '' }
  const { devices, next } = await readPage(call.ports.store, connectorId, start, top)
  return { status: 200, body: pageBody(call.request, devices, next) }
}

/** Reads partitions until the page is full. One row more than asked for is looked at, so that no nextLink leads to an empty page. */
async function readPage(store: Store, connectorId: string, start: Position, top: number) {
  const found: { position: Position; device: object }[] = []
  for (let partition = start.partition; partition < partitionCount && found.length <= top; partition += 1) {
    const after = partition === start.partition ? start.after : ''
    const rows = await store.rows(connectorId, partition)
    for (const { key, device } of devicesOf(rows, after, top + 1 - found.length)) {
      found.push({ position: { partition, after: key }, device })
    }
  }
  const page = found.slice(0, top)
  const next = found.length > top ? (page.at(-1)?.position ?? null) : null
  return { devices: page.map(({ device }) => device), next }
}

/** The first `count` records of a partition after the key `after`, in the order of their keys. */
function devicesOf(rows: readonly StoredRow[], after: string, count: number): { key: string; device: object }[] {
  const owners = new Map<string, Owner[]>()
  for (const { kind, mailboxGuid, data } of rows) {
    if (kind !== 'user') continue
    const owner: Owner = JSON.parse(data)
    owners.set(mailboxGuid, [...(owners.get(mailboxGuid) ?? []), owner])
  }
  const records = rows
    .filter(({ kind }) => kind === 'record')
    .map((row) => ({ key: `${row.mailboxGuid}|${row.id}`, row }))
  const wanted = records.filter(({ key }) => key > after).toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return wanted
    .slice(0, count)
    .map(({ key, row }) => ({ key, device: toDevice(row, owners.get(row.mailboxGuid) ?? []) }))
}

/** The texts are our own writing: they have the shape that sync gave them. */
function toDevice({ mailboxGuid, data, decision: text }: StoredRow, owners: readonly Owner[]) {
  const record: EasRecord = JSON.parse(data)
  const decision: StoredDecision | null = text === null ? null : JSON.parse(text)
  return {
    record: record.guid,
    // A record whose mailbox Exchange did not list has a key of easgate's own.
    mailbox: mailboxGuid.startsWith('dn:') ? null : mailboxGuid,
    deviceId: record.deviceId,
    type: record.deviceType,
    model: record.deviceModel,
    state: record.state,
    access: decision?.access ?? null,
    reason: decision?.reason ?? null,
    fallback: decision?.fallback ?? null,
    intuneDeviceId: decision?.intuneDeviceId ?? null,
    user: resolveOwner(owners)?.user.id ?? null,
  }
}
