/** Which mails a partition's decisions want, and which holds wait for theirs. Reads the ledger, for new decisions only; writes nothing. */
import type { MailboxVerdict } from '../core/decideMailbox.ts'
import { effectiveAccess } from '../core/exchangeAccess.ts'
import { notificationOf } from '../core/noticeMail.ts'
import { wantsNotice, noticeBefore, type HeldDecision } from '../core/noticeWanted.ts'
import { membership, noticeKey, type MailboxChange, type PlannedNotice } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import { add, type Tally } from '../core/tally.ts'
import type { Ports } from '../ports.ts'
import type { Place } from '../portsStore.ts'
import { dueAt } from './changes/due.ts'
import type { MailboxRows } from './mailboxRows.ts'
import { maySend } from './maySend.ts'

export interface DecidedMailbox {
  readonly rows: MailboxRows
  readonly verdict: MailboxVerdict
}

export interface NoticePlan {
  /** As given; decisions know of their mail, and edits that wait for theirs are left out. */
  readonly decided: readonly DecidedMailbox[]
  readonly notices: readonly { readonly key: string; readonly change: PlannedNotice }[]
  /** When waits are over. */
  readonly due: readonly Place[]
}

const readsAtOnce = 16

interface Candidate {
  readonly mailbox: DecidedMailbox
  /** Place of the record among the mailbox's. */
  readonly index: number
  readonly decision: HeldDecision
  readonly before: HeldDecision['notice']
}

/*
 * decision of the record            | ledger has             | mail    | its edit
 * not held, or told before          | -                      | -       | as planned
 * held                              | sent, refused, unknown | -       | as planned
 * held; it has no access now        | anything else          | wanted  | as planned
 * held; it loses access, no wait    | anything else          | wanted  | as planned
 * held; it loses access, wait runs  | anything else          | wanted  | left out, due when the wait is over; what would end its access for
 *                                   |                        |         |   everybody waits, too (tightening.ts)
 * A run that sends nothing wants no mail, and its clock does not run.
 */
export async function planNotices(
  ports: Ports,
  run: Run,
  decided: readonly DecidedMailbox[],
  tally: Tally,
): Promise<NoticePlan> {
  const candidates = decided.flatMap(candidatesOf)
  const isSending = candidates.length > 0 && (await maySend(ports, run)) === 'send'
  const told = isSending ? await toldOnes(ports, run, candidates) : new Set<Candidate>()
  const waitMs = notificationOf(run.policy.settings).waitMinutes * 60_000
  const notices: PlannedNotice[] = []
  const due: Place[] = []
  const marks = new Map<DecidedMailbox, Marks>()
  for (const candidate of candidates) {
    const { mailbox, index, before } = candidate
    const own = marks.get(mailbox) ?? { notices: new Map(), postponed: new Set() }
    marks.set(mailbox, own)
    const since = before?.since ?? run.startedAt
    if (!isSending) {
      if (before) own.notices.set(index, before)
      continue
    }
    own.notices.set(index, told.has(candidate) ? { since, isTold: true } : { since })
    if (told.has(candidate)) continue
    const untilMs = Date.parse(since) + waitMs
    const isPostponed = losesAccess(candidate) && ports.clock.now().getTime() < untilMs
    notices.push(noticeOf(candidate, isPostponed))
    if (!isPostponed) continue
    own.postponed.add(recordOf(candidate))
    due.push(dueAt(mailbox.rows.guid, untilMs))
  }
  count(tally, notices)
  return {
    decided: decided.map((mailbox) => marked(mailbox, marks.get(mailbox))),
    notices: notices.map((change) => ({ key: noticeKey(change), change })),
    due,
  }
}

interface Marks {
  readonly notices: Map<number, NonNullable<HeldDecision['notice']>>
  readonly postponed: Set<string>
}

/** Those that may still want a mail. */
function candidatesOf(mailbox: DecidedMailbox): Candidate[] {
  return mailbox.verdict.decisions.flatMap((decision, index) => {
    if (!wantsNotice(decision)) return []
    const before = noticeBefore(mailbox.rows.records[index]?.previous ?? null, decision)
    return [{ mailbox, index, decision, before }]
  })
}

/** Told before, or as the ledger says now. */
async function toldOnes({ store }: Ports, run: Run, candidates: readonly Candidate[]): Promise<ReadonlySet<Candidate>> {
  const told = new Set(candidates.filter(({ before }) => before?.isTold))
  const open = candidates.filter((candidate) => !told.has(candidate))
  for (let at = 0; at < open.length; at += readsAtOnce) {
    await Promise.all(
      open.slice(at, at + readsAtOnce).map(async (candidate) => {
        const key = { record: recordOf(candidate), reason: candidate.decision.reason }
        const state = (await store.ledgerMail(run.connectorId, key))?.value.state
        if (state === 'sent' || state === 'refused' || state === 'unknown') told.add(candidate)
      }),
    )
  }
  return told
}

function recordOf({ mailbox, index }: Candidate): string {
  return mailbox.rows.records[index]?.record.guid ?? ''
}

function losesAccess({ mailbox, index }: Candidate): boolean {
  const effect = mailbox.verdict.effects[index]
  return effect?.now === 'allow' && (effect.after !== 'allow' || keepsWithoutEdit({ mailbox, index }))
}

/** Without its edit it would keep its access; if not, a stricter default or rule ends it. */
function keepsWithoutEdit({ mailbox, index }: Pick<Candidate, 'mailbox' | 'index'>): boolean {
  const facts = mailbox.verdict.facts[index]
  return !!facts && effectiveAccess(membership(facts.onAllowed, facts.onBlocked), facts.base.level) === 'allow'
}

function noticeOf(candidate: Candidate, isPostponed: boolean): PlannedNotice {
  const { mailbox, decision, before } = candidate
  return {
    kind: 'notice',
    mailboxGuid: mailbox.rows.guid,
    record: recordOf(candidate),
    reason: decision.reason,
    isNew: before === undefined,
    isPostponed,
    ...(isPostponed && !keepsWithoutEdit(candidate) ? { holdsTightening: true } : {}),
  }
}

function count(tally: Tally, notices: readonly PlannedNotice[]): void {
  const counted = {
    'notices.planned': notices.length,
    'notices.new': notices.filter(({ isNew }) => isNew).length,
    'notices.tightening': notices.filter(({ holdsTightening }) => holdsTightening).length,
    postponed: notices.filter(({ isPostponed }) => isPostponed).length,
  }
  for (const [name, number] of Object.entries(counted)) if (number > 0) add(tally, name, number)
}

function marked({ rows, verdict }: DecidedMailbox, marks: Marks | undefined): DecidedMailbox {
  if (!marks) return { rows, verdict }
  const decisions = verdict.decisions.map((decision, index) => {
    const notice = marks.notices.get(index)
    return notice ? { ...decision, notice } : decision
  })
  return { rows, verdict: { ...verdict, decisions, changes: verdict.changes.flatMap(withoutPostponed(marks)) } }
}

function withoutPostponed({ postponed }: Marks) {
  return (change: MailboxChange): MailboxChange[] => {
    if (change.kind !== 'lists' || postponed.size === 0) return [change]
    const edits = change.edits.filter(({ record }) => record === null || !postponed.has(record))
    return edits.length === 0 ? [] : [{ ...change, edits }]
  }
}
