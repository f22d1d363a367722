/** A run's mails: page by page through those it planned, and those of the ledger that are due. What is not sent now is kept for later. */
import { notificationOf } from '../core/noticeMail.ts'
import { noticesOf, type Outcome, type PlannedNotice } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import { defaultPolicy } from '../core/settings.ts'
import { add, type Tally } from '../core/tally.ts'
import type { Policy } from '../core/types.ts'
import type { AppError } from '../errors.ts'
import { dueRows, keepForLater, moveDue } from '../notice/laterMail.ts'
import { mailUsers, type UserNotice, type UserNoticeResult } from '../notice/mailUsers.ts'
import type { Ports } from '../ports.ts'
import { dueAt } from './changes/due.ts'

export interface Mailing {
  readonly ports: Ports
  readonly run: Run
  /** With its templates, which the run's own copy lacks. */
  readonly policy: Policy
  readonly tally: Tally
  /** No mail is begun at or after this. */
  readonly until: Date
}

const perPage = 50
const duePerMessage = 200
const retryMs = 15 * 60_000

export async function completeOf({ store }: Ports, { connectorId }: Run): Promise<Policy> {
  return (await store.document(connectorId, 'policy'))?.value ?? defaultPolicy
}

/** Planned notices up to the key `after` are dealt with; all of them where it is done. */
export interface Sent {
  readonly isDone: boolean
  readonly after: string | null
}

/**
 * Goes on behind the key `after` until the message's time is over. Once the run's time is over, or mails cannot be sent at all, the rest is kept for later
 * without being tried.
 */
export async function sendPlanned(mailing: Mailing, after: string | null, isRunOver: () => boolean): Promise<Sent> {
  const { ports, run } = mailing
  let problem: AppError | null = null
  for (let last = after; ;) {
    const page = await ports.store.changes(run.connectorId, noticesOf(run.id), '', last, perPage)
    if (page.length === 0) return { isDone: true, after: last }
    const open = page.flatMap(({ key, change, outcome }) =>
      change.kind === 'notice' && outcome === null ? [{ key, change }] : [],
    )
    const sent = await sendPage(mailing, open, isRunOver() ? 'late' : problem)
    // What was not tried for want of time is found again in this page
    if (sent.isCut) return { isDone: false, after: last }
    problem = sent.problem
    last = page.at(-1)?.key ?? null
  }
}

interface OpenNotice {
  readonly key: string
  readonly change: PlannedNotice
}

/** `skip`: nothing is tried. `problem`: with it the next page is not tried either. `isCut`: the message's time was over before the last one. */
async function sendPage(
  mailing: Mailing,
  open: readonly OpenNotice[],
  skip: AppError | 'late' | null,
): Promise<{ readonly problem: AppError | null; readonly isCut: boolean }> {
  const { ports, run, policy, until } = mailing
  const wanted = open.map(({ change }) => change)
  const options = { actor: `run ${run.id}`, runId: run.id, until }
  const { results, problem } = skip
    ? { results: wanted.map(() => notTried), problem: skip === 'late' ? null : skip }
    : await mailUsers(ports, run.connectorId, policy, wanted, options)
  const outcomes = new Map<string, Outcome>()
  for (const [index, { key, change }] of open.entries()) {
    const result = results[index] ?? notTried
    if (result.state === 'notTried' && !skip && !problem) continue
    await keepResult(mailing, change, result, problem)
    outcomes.set(key, toOutcome(ports, result))
  }
  if (outcomes.size > 0) await ports.store.saveOutcomes(run.connectorId, noticesOf(run.id), outcomes)
  if (problem && !skip) logProblem(mailing, problem)
  return { problem, isCut: outcomes.size < open.length }
}

async function keepResult(
  mailing: Mailing,
  change: PlannedNotice,
  result: UserNoticeResult,
  problem: AppError | null,
): Promise<void> {
  const { ports, run, tally } = mailing
  const isKept = result.state === 'notTried' && problem?.code !== 'conflict'
  if (isKept) await keepForLater(ports, run.connectorId, change, laterOf(ports, problem))
  if (change.isPostponed && isEnded(result)) await decideSoon(mailing, change)
  add(tally, countOf(result, problem))
}

const notTried: UserNoticeResult = { state: 'notTried', message: null }

/** Where nothing is wrong but the time, the next quick sync goes on. */
function laterOf({ clock }: Ports, problem: AppError | null) {
  const now = clock.now()
  return { now, dueAt: new Date(now.getTime() + (problem ? retryMs : 0)) }
}

/*
 * what became of it            | number
 * sent, refused, unknown       | mails.sent, mails.failed, mails.unknown
 * delayed, or kept for later   | mails.delayed
 * no relay has an account      | mails.noAccount
 * nowhere to send it to        | mails.noAddress
 * not held any more            | mails.notHeld
 * somebody else is sending it  | mails.underWay
 */
function countOf({ state }: UserNoticeResult, problem: AppError | null): string {
  if (state === 'notTried') return problem?.code === 'conflict' ? 'mails.noAccount' : 'mails.delayed'
  return state === 'refused' ? 'mails.failed' : `mails.${state}`
}

function toOutcome({ clock }: Ports, { state, message }: UserNoticeResult): Outcome {
  const at = clock.now().toISOString()
  if (state === 'sent') return { state: 'done', at, message: null }
  if (state === 'notHeld') return { state: 'changedSinceRead', at, message: null }
  return { state: 'failed', at, message: message === null ? state : `${state}: ${message}` }
}

/** Nothing more will come of it: a hold that waits for it has waited enough. */
function isEnded({ state }: UserNoticeResult): boolean {
  return state === 'sent' || state === 'refused' || state === 'unknown'
}

async function decideSoon({ ports, run }: Mailing, { mailboxGuid }: UserNotice): Promise<void> {
  await ports.store.writePlaces(run.connectorId, [dueAt(mailboxGuid, ports.clock.now().getTime())], [])
}

/** Mails of earlier runs whose time has come. What nobody needs any more is let go. */
export async function sendDue(mailing: Mailing): Promise<void> {
  const { ports, run, policy, until, tally } = mailing
  if (ports.clock.now() >= until) return
  const rows = await dueRows(ports, run.connectorId, ports.clock.now(), duePerMessage)
  if (rows.length === 0) return
  const wanted = rows.map(({ value: { record, reason, mailboxGuid = '' } }) => ({ record, reason, mailboxGuid }))
  const options = { actor: `run ${run.id}`, runId: run.id, until }
  const { results, problem } = await mailUsers(ports, run.connectorId, policy, wanted, options)
  const isWaiting = notificationOf(policy.settings).waitMinutes > 0
  for (const [index, row] of rows.entries()) {
    const result = results[index] ?? notTried
    const one = wanted[index]
    if (result.state === 'notHeld' || result.state === 'noAddress') await moveDue(ports, run.connectorId, row, null)
    if (result.state === 'notTried' && problem) {
      await moveDue(ports, run.connectorId, row, laterOf(ports, problem).dueAt)
    }
    if (one && isWaiting && isEnded(result)) await decideSoon(mailing, one)
    // Those that the time did not reach are due still
    if (result.state !== 'notTried' || problem) add(tally, countOf(result, problem))
  }
  if (problem) logProblem(mailing, problem)
}

/** True where a quick sync that found no change has mails to send all the same. */
export async function hasDueMails({ store, clock }: Ports, { connectorId }: Run): Promise<boolean> {
  return (await store.dueMails(connectorId, clock.now().toISOString(), 1)).length > 0
}

function logProblem({ ports, run }: Mailing, { code, message }: AppError): void {
  ports.log.warn('mailsNotSent', { runId: run.id, connectorId: run.connectorId, code, message })
}
