/** easgate's recorded entries against the lists as they were read: which are there, which are out of date. Pure. */
import { deviceKey, findEntry } from './deviceKey.ts'
import type { List, Mailbox, OwnEntry } from './types.ts'

export interface OwnLists {
  /** Made by easgate and on the list. */
  readonly present: readonly OwnEntry[]
  /** Rows that say nothing any more. */
  readonly obsolete: readonly OwnEntry[]
  /** The mailbox's lists as they are taken to be. */
  readonly lists: Record<List, readonly string[]>
}

/** Clocks of two function instances differ by no more than this; also longer than one batch takes. */
const skewMs = 5 * 60_000

/*
 * Another run may have sent commands after this run read the lists: an entry's row that is not older than the reading knows better.
 *
 * recorded | on the list as read | row older than the reading | taken as
 * made     | yes                 | either                     | on the list, easgate's own
 * made     | no                  | yes                        | somebody took it away, or its command never ran: row obsolete
 * made     | no                  | no                         | as read; the row is kept: the command may have run after the reading
 * removed  | yes                 | no                         | off the list: the reading is from before the removal
 * removed  | yes                 | yes                        | somebody put it there: row obsolete
 * removed  | no                  | no                         | off the list
 * removed  | no                  | yes                        | off the list; row obsolete
 */
export function ownLists(mailbox: Mailbox, entries: readonly OwnEntry[], readAtMs: number): OwnLists {
  if (entries.length === 0) return { present: [], obsolete: [], lists: mailbox }
  const present: OwnEntry[] = []
  const obsolete: OwnEntry[] = []
  const removed: OwnEntry[] = []
  for (const entry of entries) {
    const isOlder = Date.parse(entry.since) < readAtMs - skewMs
    const isOn = findEntry(mailbox[entry.list], deviceKey(entry.deviceId)) !== undefined
    if (entry.isRemoved) (isOlder ? obsolete : removed).push(entry)
    else if (isOn) present.push(entry)
    else if (isOlder) obsolete.push(entry)
  }
  return {
    present,
    obsolete,
    lists: { allowed: without(mailbox, removed, 'allowed'), blocked: without(mailbox, removed, 'blocked') },
  }
}

function without(mailbox: Mailbox, removed: readonly OwnEntry[], list: List): readonly string[] {
  const gone = new Set(removed.filter((entry) => entry.list === list).map((entry) => deviceKey(entry.deviceId)))
  return gone.size === 0 ? mailbox[list] : mailbox[list].filter((id) => !gone.has(deviceKey(id)))
}
