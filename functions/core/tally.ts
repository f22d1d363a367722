/** Adds one mailbox's verdict to the numbers of a run. Changes its first argument, which belongs to the caller's step. */
import type { MailboxFacts, MailboxVerdict } from './decideMailbox.ts'

/** Numbers by name, as in Counts, while a step adds them up. */
export type Tally = Record<string, number>

export function add(tally: Tally, name: string, number = 1): void {
  tally[name] = (tally[name] ?? 0) + number
}

/*
 * found.mailboxes, found.unresolvedMailboxes, found.records, matched
 * decided.<access>.<reason>   one per record
 * now.allowed                 records that Exchange lets in before the plan
 * losing, gaining             records whose access ends or begins with the plan
 * planned.changes             changes of mailboxes
 * assignments.planned         mailboxes that get another EAS mailbox policy
 * assignments.<why>           mailboxes that should have one and are left without: foreign, drift, fighting
 * obsolete                    rows of recorded entries that went
 */
export function tallyMailbox(tally: Tally, facts: MailboxFacts, verdict: MailboxVerdict): void {
  if (facts.mailbox) add(tally, 'found.mailboxes')
  if (facts.records.length > 0 && !verdict.owner) add(tally, 'found.unresolvedMailboxes')
  if (facts.records.length > 0) add(tally, 'found.records', facts.records.length)
  for (const { access, reason, intuneDeviceId } of verdict.decisions) {
    add(tally, `decided.${access}.${reason}`)
    if (intuneDeviceId) add(tally, 'matched')
  }
  for (const { now, after } of verdict.effects) {
    if (now === 'allow') add(tally, 'now.allowed')
    if (now === 'allow' && after !== 'allow') add(tally, 'losing')
    if (now !== 'allow' && after === 'allow') add(tally, 'gaining')
  }
  if (verdict.changes.length > 0) add(tally, 'planned.changes', verdict.changes.length)
  const assignments = verdict.changes.filter(({ kind }) => kind === 'assignment').length
  if (assignments > 0) add(tally, 'assignments.planned', assignments)
  if (verdict.assignment.left) add(tally, `assignments.${verdict.assignment.left}`)
  if (verdict.obsolete.length > 0) add(tally, 'obsolete', verdict.obsolete.length)
}
