/** What Graph's answers about changes are to the quick sync: rows of deltas, bodies of a batch. Throws AppError graphFailed where they cannot be read. Pure. */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { DirectoryChanges } from '../portsDirectory.ts'
import { fromGraphId, text } from './fromGraphValues.ts'
import type { DeltaItem } from './graphDelta.ts'

const idList = z.object({ value: z.array(z.string()) })
const listBody = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().nullish() })
const removable = z.looseObject({ '@removed': z.unknown().optional() })
const member = z.looseObject({ id: z.string().min(1), '@odata.type': text, '@removed': z.unknown().optional() })
const changedGroup = z.looseObject({ id: z.string(), 'members@delta': z.array(member).nullish() })
const entraDevice = z.looseObject({ deviceId: text })
const identified = z.looseObject({ id: z.string().min(1) })

export function isRemoved(item: unknown): boolean {
  return removable.safeParse(item).data?.['@removed'] !== undefined
}

/** The same object may come several times in a round: the last counts. */
export function lastOfEach(items: readonly DeltaItem[]): DeltaItem[] {
  return [...new Map(items.map((item) => [item.id.toLowerCase(), item])).values()]
}

export function membersOf(item: DeltaItem): DirectoryChanges['members'][number][] {
  const group = changedGroup.safeParse(item)
  if (!group.success)
    throw new AppError('graphFailed', 'Microsoft Graph gave a group whose members cannot be read.', { retryable: true })
  const groupId = fromGraphId(group.data.id)
  return (group.data['members@delta'] ?? []).map((one) => ({
    groupId,
    id: fromGraphId(one.id),
    isGroup: one['@odata.type'] === '#microsoft.graph.group',
    isRemoved: isRemoved(one),
  }))
}

/** A device that was deleted has no deviceId any more; Intune's own listing tells what became of it. */
export function entraIdOf(item: DeltaItem): string[] {
  const id = entraDevice.safeParse(item).data?.deviceId
  return id ? [fromGraphId(id)] : []
}

export function idOf(row: unknown): string {
  return fromGraphId(identified.parse(row).id)
}

export function rowsOf(body: unknown): readonly unknown[] {
  if (body === null) return []
  const list = listBody.safeParse(body)
  if (list.success) return list.data.value
  throw new AppError('graphFailed', 'Microsoft Graph gave no list where one was asked for.', { retryable: true })
}

export function nextOf(body: unknown): string | null {
  return body === null ? null : (listBody.safeParse(body).data?.['@odata.nextLink'] ?? null)
}

/** A link of Graph as the path that `read` takes; one that leads elsewhere is refused there. */
export function relative(link: string, origin: string): string {
  const prefix = `${origin}/v1.0/`
  return link.startsWith(prefix) ? link.slice(prefix.length) : link
}

/** The ids that checkMemberGroups gave; none for a user who is not there. */
export function groupIdsOf(body: unknown): string[] {
  const ids = idList.safeParse(body ?? { value: [] })
  if (ids.success) return ids.data.value.map(fromGraphId)
  throw new AppError('graphFailed', 'Microsoft Graph gave no list of groups.', { retryable: true })
}
