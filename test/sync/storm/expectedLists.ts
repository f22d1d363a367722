/** What the lists of a mailbox must become by the decisions of its records: design.md 6, "Leave" and "Exchange semantics", read a second time. Pure. */
import { entryKey, type Expectation, type Truth } from './reference.ts'

export type Wish = 'blocked' | 'unlisted' | 'allowed' | 'withdrawn' | 'unresolved' | 'untouched'

/** Two records with one id: keeping out wins over letting in, a wish over none. */
const byStrength: readonly Wish[] = ['blocked', 'unlisted', 'allowed', 'withdrawn', 'unresolved', 'untouched']

const withdrawing = new Set(['outOfScope', 'exempt', 'platformRule', 'newRecordGrace', 'compliant', 'inGracePeriod'])

function wishOf({ access, reason, fallback }: Expectation): Wish {
  if (access === 'allow') return 'allowed'
  if (access === 'block' || fallback) return 'blocked'
  if (access === 'quarantine') return 'unlisted'
  if (reason === 'unresolvedUser') return 'unresolved'
  return withdrawing.has(reason) ? 'withdrawn' : 'untouched'
}

/** For every id of the mailbox's records, lower case. An id without a record is `withdrawn`. */
export function wishesOf(
  truth: Truth,
  mailboxGuid: string,
  decisions: ReadonlyMap<string, Expectation>,
): ReadonlyMap<string, { readonly wish: Wish; readonly isPinned: boolean }> {
  const mailbox = truth.mailboxes.find(({ guid }) => guid === mailboxGuid)
  const found = new Map<string, { wish: Wish; isPinned: boolean }>()
  for (const record of truth.records) {
    const decision = decisions.get(record.guid)
    if (!decision || record.mailboxDn.toLowerCase() !== mailbox?.dn.toLowerCase()) continue
    const id = record.deviceId.toLowerCase()
    const [wish, other] = [wishOf(decision), found.get(id)]
    const isPinned = decision.reason === 'pinned' || (other?.isPinned ?? false)
    const isStronger = !other || byStrength.indexOf(wish) < byStrength.indexOf(other.wish)
    found.set(id, { wish: isStronger ? wish : other.wish, isPinned })
  }
  return found
}

/** Which edits of an id a wish allows: anything else would let somebody in, or cut somebody off, against the rules. */
export const allowedEdits: Readonly<Record<Wish, readonly string[]>> = {
  allowed: ['+allowed', '-blocked'],
  blocked: ['+blocked', '-allowed'],
  unlisted: ['-allowed', '-blocked'],
  withdrawn: ['-allowed', '-blocked'],
  unresolved: ['-allowed'],
  untouched: [],
}

/** What is wrong with an id's entries once everything is done; null: nothing. */
export function entryProblem(truth: Truth, mailboxGuid: string, id: string, wish: Wish): string | null {
  const mailbox = truth.mailboxes.find(({ guid }) => guid === mailboxGuid)
  const has = (list: 'allowed' | 'blocked') => mailbox?.[list].some((one) => one.toLowerCase() === id) ?? false
  const isOwn = (list: 'allowed' | 'blocked') => has(list) && truth.own.has(entryKey(mailboxGuid, list, id))
  const isRight: Readonly<Record<Wish, boolean>> = {
    allowed: has('allowed') && !has('blocked'),
    blocked: has('blocked') && !has('allowed'),
    unlisted: !has('allowed') && !has('blocked'),
    withdrawn: !isOwn('allowed') && !isOwn('blocked'),
    unresolved: !isOwn('allowed'),
    untouched: true,
  }
  const shown = `${has('allowed') ? '+' : ''}${has('blocked') ? '-' : ''}`
  return isRight[wish] ? null : `${mailboxGuid} ${id}: ${wish} is wanted, found "${shown}"`
}
