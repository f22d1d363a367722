/** Adoption by a person, partition by partition: looks, or records ownership. Sends no command; what follows is the next sync's. Repeatable. */
import { afterAdoption, foreignEntries, type AdoptedEntry, type ForeignEntry } from '../core/adoption.ts'
import type { DecisionContext } from '../core/decisionContext.ts'
import { deviceKey } from '../core/deviceKey.ts'
import { partitionCount, partitionOf } from '../core/partition.ts'
import { resolveOwner } from '../core/resolveOwner.ts'
import type { Ports } from '../ports.ts'
import { decideAgain } from './changes/decideAgain.ts'
import { entryRow } from './entryRow.ts'
import { groupMembers } from './groupMembers.ts'
import { storedMailboxes, type StoredMailbox } from './storedMailboxes.ts'

/** A mailbox is named by its Guid or any of its addresses. */
export interface NamedEntry {
  readonly mailbox: string
  readonly deviceId: string
}

export type Wanted =
  | { readonly kind: 'all' }
  | { readonly kind: 'groups'; readonly groups: readonly string[] }
  | { readonly kind: 'entries'; readonly entries: readonly NamedEntry[] }

export interface Adoptable extends AdoptedEntry {
  readonly mailbox: string
  readonly user: string | null
}

export interface AdoptionOptions {
  readonly wanted: Wanted
  readonly context: DecisionContext
  /** The partition to begin with. */
  readonly from: number
  /** Who adopts; null: only looks. */
  readonly by: string | null
  /** No partition is begun after this. */
  readonly until: Date
}

export interface Adopted {
  /** The partition to go on with; null at the end. */
  readonly next: number | null
  /** Named entries that stand on no list that was looked at, or are easgate's already. */
  readonly missing: readonly NamedEntry[]
}

/** Gives what it found to `found`, mailbox by mailbox. Throws AppError groupNotFound. */
export async function adoptEntries(
  ports: Ports,
  connectorId: string,
  { wanted, context, from, by, until }: AdoptionOptions,
  found: (entries: readonly Adoptable[]) => void,
): Promise<Adopted> {
  const { choose, missing } = await chooser(ports, wanted)
  const isAsked = partitionsOf(wanted)
  let begun = 0
  for (let partition = from; partition < partitionCount; partition += 1) {
    if (!isAsked(partition)) continue
    if (begun > 0 && ports.clock.now() >= until) return { next: partition, missing: missing() }
    begun += 1
    const mailboxes = storedMailboxes(await ports.store.rows(connectorId, partition))
    const chosen = mailboxes.flatMap((mailbox) => {
      const entries = choose(mailbox)
      return entries.length === 0 ? [] : [{ mailbox, entries }]
    })
    if (by !== null && chosen.length > 0) await record(ports, connectorId, partition, chosen, by)
    for (const { mailbox, entries } of chosen)
      found(toAdoptable(mailbox, afterAdoption(mailbox.facts, context, entries)))
  }
  return { next: null, missing: missing() }
}

interface Chosen {
  readonly mailbox: StoredMailbox
  readonly entries: readonly ForeignEntry[]
}

/** Ownership first, then the audit of it, then the mailboxes are due: cut anywhere, the same request again finishes it. */
async function record(
  ports: Ports,
  connectorId: string,
  partition: number,
  chosen: readonly Chosen[],
  by: string,
): Promise<void> {
  const since = ports.clock.now().toISOString()
  const rows = chosen.flatMap(({ mailbox, entries }) =>
    entries.map((entry) => entryRow(mailbox.guid, { ...entry, runId: 'adopt', since })),
  )
  await ports.store.writeRows(connectorId, partition, rows, [])
  const audit = chosen.map(({ mailbox, entries }) => ({
    at: since,
    actor: by,
    action: 'entriesAdopted',
    runId: null,
    subject: mailbox.guid,
    before: null,
    after: entries,
    outcome: 'done',
  }))
  await ports.store.appendAudit(connectorId, audit)
  await decideAgain(
    ports,
    connectorId,
    chosen.map(({ mailbox }) => mailbox.guid),
  )
}

interface Chooser {
  /** Which of a mailbox's foreign entries are asked for. */
  readonly choose: (mailbox: StoredMailbox) => readonly ForeignEntry[]
  readonly missing: () => readonly NamedEntry[]
}

async function chooser(ports: Ports, wanted: Wanted): Promise<Chooser> {
  if (wanted.kind === 'all') return { choose: ({ facts }) => foreignEntries(facts), missing: () => [] }
  if (wanted.kind === 'entries') return namedChooser(wanted.entries)
  const members = [...(await groupMembers(ports, wanted.groups)).values()]
  const choose = ({ facts }: StoredMailbox) => {
    const owner = resolveOwner(facts.candidates)?.user.id
    return owner !== undefined && members.some((ids) => ids.has(owner)) ? foreignEntries(facts) : []
  }
  return { choose, missing: () => [] }
}

function namedChooser(entries: readonly NamedEntry[]): Chooser {
  const open = new Map<string, NamedEntry[]>()
  for (const entry of entries) {
    const name = entry.mailbox.toLowerCase()
    open.set(name, [...(open.get(name) ?? []), entry])
  }
  const found = new Set<NamedEntry>()
  return {
    choose({ guid, mailbox, facts }) {
      const asked = [guid, ...(mailbox?.addresses ?? [])].flatMap((name) => open.get(name) ?? [])
      if (asked.length === 0) return []
      return foreignEntries(facts).filter(({ deviceId }) => {
        const naming = asked.filter((entry) => deviceKey(entry.deviceId) === deviceKey(deviceId))
        for (const entry of naming) found.add(entry)
        return naming.length > 0
      })
    },
    missing: () => entries.filter((entry) => !found.has(entry)),
  }
}

/** Where every mailbox is named by its Guid, only their partitions are read. */
function partitionsOf(wanted: Wanted): (partition: number) => boolean {
  if (wanted.kind !== 'entries' || wanted.entries.some(({ mailbox }) => mailbox.includes('@'))) return () => true
  const partitions = new Set(wanted.entries.map(({ mailbox }) => partitionOf(mailbox.toLowerCase())))
  return (partition) => partitions.has(partition)
}

function toAdoptable({ guid, facts }: StoredMailbox, entries: readonly AdoptedEntry[]): Adoptable[] {
  const user = resolveOwner(facts.candidates)?.user.id ?? null
  return entries.map((entry) => ({ mailbox: guid, user, ...entry }))
}
