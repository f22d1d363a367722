/** easgate/connectors/{id}/adopt[/preview]: entries of the time before easgate become its own, so that they do not stay manualEntry for ever. */
import * as z from 'zod'
import { partitionCount } from '../core/partition.ts'
import { AppError } from '../errors.ts'
import { adoptEntries, type Adoptable, type Wanted } from '../sync/adoptEntries.ts'
import { contextNow } from '../sync/lastKnown.ts'
import { audited } from './audited.ts'
import { closedObject, patchOf, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { readPolicy } from './changePolicy.ts'
import { pageBody, readPosition } from './paging.ts'

const text = z.string().trim().min(1)
const bodySchema = patchOf({
  all: z.literal(true),
  groups: z.array(text.max(128)).min(1).max(200),
  entries: z
    .array(closedObject({ mailbox: text.max(320), deviceId: z.string().min(1).max(256) }))
    .min(1)
    .max(10_000),
})
/** 10,000 entries of 200 characters each. */
const maxBodyChars = 2 * 1024 * 1024

/** Partitions are read for so long; then the answer has a nextLink, to which the same body is posted. */
const requestMs = 45_000
const mostShown = 200
const positionSchema = z
  .int()
  .min(0)
  .max(partitionCount - 1)

/** Changes nothing. Throws AppError notFound, badRequest, groupNotFound, conflict where no sync has read anything yet. */
export const previewAdoption = (call: Call): Promise<Answer> => adopt(call, false)

/** Records ownership and makes the mailboxes due; sends nothing. The same once more adopts nothing. Throws the same. */
export const adoptThem = (call: Call): Promise<Answer> => adopt(call, true)

async function adopt(call: Call, isReal: boolean): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const wanted = toWanted(await readBody(call.request, bodySchema, maxBodyChars))
  const position = readPosition(call.request, positionSchema)
  const { ports, caller } = call
  const { value: policy } = await readPolicy(ports.store, connectorId)
  const { context } = await contextNow(ports, connectorId, policy, 'quick')
  const until = new Date(ports.clock.now().getTime() + requestMs)
  const summary = summaryOf()
  const by = isReal ? caller.id : null
  const work = () => adoptEntries(ports, connectorId, { wanted, context, from: position ?? 0, by, until }, summary.add)
  const change = { action: 'adoptionAsked', subject: connectorId, before: null, after: toAudit(wanted, position) }
  const { next, missing } = isReal ? await audited(call, connectorId, change, work) : await work()
  // Of several answers none knows what the others found
  const isWhole = position === null && next === null && wanted.kind === 'entries'
  const body = {
    ...summary.numbers(),
    missing: isWhole ? missing : null,
    ...pageBody(call.request, summary.shown, next),
  }
  return { status: 200, body }
}

function toWanted({ all, groups, entries }: z.infer<typeof bodySchema>): Wanted {
  const given: (Wanted | null)[] = [
    all ? { kind: 'all' } : null,
    groups ? { kind: 'groups', groups } : null,
    entries ? { kind: 'entries', entries } : null,
  ]
  const [wanted, ...others] = given.filter((one) => one !== null)
  if (wanted && others.length === 0) return wanted
  throw new AppError('badRequest', 'say which entries: one of all (true), groups (ids) and entries (mailbox, deviceId)')
}

function toAudit(wanted: Wanted, position: number | null) {
  const { kind } = wanted
  return {
    kind,
    from: position ?? 0,
    ...(kind === 'groups' ? { groups: wanted.groups } : {}),
    ...(kind === 'entries' ? { entries: wanted.entries.length } : {}),
  }
}

/** Numbers of everything that was found, and the first of it to look at. */
function summaryOf() {
  const shown: Adoptable[] = []
  const byReason: Record<string, { kept: number; removed: number }> = {}
  const mailboxes = new Set<string>()
  const total = { kept: 0, removed: 0 }
  const add = (entries: readonly Adoptable[]) => {
    for (const entry of entries) {
      mailboxes.add(entry.mailbox)
      total[entry.becomes] += 1
      const own = (byReason[entry.reason] ??= { kept: 0, removed: 0 })
      own[entry.becomes] += 1
      if (shown.length < mostShown) shown.push(entry)
    }
  }
  return {
    shown,
    add,
    numbers: () => ({ entries: total.kept + total.removed, mailboxes: mailboxes.size, ...total, byReason }),
  }
}
