/** Entries that were there before easgate, made its own by a person: which there are, and what the next sync would do with each. Pure. */
import { decideMailbox, type MailboxFacts } from './decideMailbox.ts'
import type { DecisionContext } from './decisionContext.ts'
import { deviceKey } from './deviceKey.ts'
import { ownLists } from './ownLists.ts'
import type { Access, List, OwnEntry, Reason } from './types.ts'

export interface ForeignEntry {
  /** As the list spells it. */
  readonly deviceId: string
  readonly list: List
}

/** What the next sync does with an entry once it is easgate's. */
export interface AdoptedEntry extends ForeignEntry {
  readonly becomes: 'kept' | 'removed'
  /** By the record's decision; recordGone: no EAS record has this id any more. */
  readonly access: Access
  readonly reason: Reason | 'recordGone'
}

const lists: readonly List[] = ['allowed', 'blocked']

/** Entries on the mailbox's lists, as they were read last, that are not on record as easgate's. */
export function foreignEntries({ mailbox, entries, readAtMs }: MailboxFacts): ForeignEntry[] {
  if (!mailbox) return []
  const own = ownLists(mailbox, entries, readAtMs)
  const isOwn = (deviceId: string, list: List) =>
    own.present.some((entry) => entry.list === list && deviceKey(entry.deviceId) === deviceKey(deviceId))
  return lists.flatMap((list) =>
    own.lists[list].flatMap((deviceId) => (isOwn(deviceId, list) ? [] : [{ deviceId, list }])),
  )
}

/** `adopted`: some of the mailbox's foreign entries. */
export function afterAdoption(
  facts: MailboxFacts,
  context: DecisionContext,
  adopted: readonly ForeignEntry[],
): AdoptedEntry[] {
  const since = new Date(context.nowMs).toISOString()
  const own = adopted.map(({ deviceId, list }): OwnEntry => ({ deviceId, list, runId: 'adopt', since }))
  const { decisions, changes } = decideMailbox({ ...facts, entries: [...facts.entries, ...own] }, context, {
    id: 'adopt',
    kind: 'quick',
  })
  const edits = changes.flatMap((change) => (change.kind === 'lists' ? change.edits : []))
  return adopted.map((entry) => {
    const key = deviceKey(entry.deviceId)
    const edit = edits.find(({ deviceId }) => deviceKey(deviceId) === key)
    const index = facts.records.findIndex(({ record }) => deviceKey(record.deviceId) === key)
    const { access, reason } = edit ?? decisions[index] ?? { access: 'leave' as const, reason: 'recordGone' as const }
    const stays = !edit || edit.after === entry.list || edit.after === 'both'
    return { ...entry, becomes: stays ? 'kept' : 'removed', access, reason }
  })
}
