/** The organization's default and rules get stricter only when the mails to those whom it cuts off are sent, or have waited long enough. */
import { notificationOf } from '../core/noticeMail.ts'
import type { OwnConfiguration } from '../core/ownConfiguration.ts'
import { noticesOf, type Outcome, type PlannedNotice } from '../core/plan.ts'
import type { ConfigurationPlan } from '../core/planConfiguration.ts'
import type { Run } from '../core/run.ts'
import type { Policy } from '../core/types.ts'
import type { Ports } from '../ports.ts'
import type { StoredChange } from '../portsStore.ts'
import type { Applying } from './applying.ts'
import { auditSettled } from './auditCommands.ts'
import { subjectOf } from './configurationCommand.ts'
import { readOwnConfiguration, saveOwnConfiguration } from './ownConfiguration.ts'

const decisive: ReadonlySet<string> = new Set(['defaultLevel', 'newRule', 'setRule', 'removeRule'])
const perPage = 500

/*
 * tightening  | mails to those whom it cuts off        | waits since       | what happens in phase 3
 * none open   | -                                      | -                 | nothing
 * open        | all sent, or never to be               | either            | sent
 * open        | some not                               | long enough       | sent
 * open        | some not                               | never, or not yet | waits: no command; a quick sync sends it when the wait is over, or an earlier full one
 */
/** Before phase 3; repeatable. */
export async function holdBackTightening(applying: Applying): Promise<void> {
  const { ports, run } = applying
  const open = (await tighteningOf(ports, run)).filter(({ outcome }) => outcome === null)
  if (open.length === 0) return
  const own = await readOwnConfiguration(ports, run.connectorId)
  const now = ports.clock.now()
  const since = own.tighteningWaits?.since ?? now.toISOString()
  const isOver = now.getTime() >= waitEndsMs(since, run.policy)
  if (isOver || !(await isMailWaiting(ports, run))) return saveWait(ports, run, own, null)
  const { approvedBy, counts, decidedBy } = run
  const approved = approvedBy === null ? own.tighteningWaits?.approved : { losing: counts['losing'] ?? 0, decidedBy }
  await saveWait(ports, run, own, { since, ...(approved && { approved }) })
  await settleWaiting(applying, open, new Date(waitEndsMs(since, run.policy)).toISOString())
}

/** Whether a quick sync is to carry out what waited. */
export function isTighteningDue({ tighteningWaits }: OwnConfiguration, policy: Policy, now: Date): boolean {
  return tighteningWaits !== undefined && now.getTime() >= waitEndsMs(tighteningWaits.since, policy)
}

/** Where nothing is left to be done, nothing waits. */
export function withoutEndedWait(plan: ConfigurationPlan): ConfigurationPlan {
  const { tighteningWaits, ...own } = plan.own
  return tighteningWaits === undefined || plan.changes.length > 0 ? plan : { ...plan, own }
}

/** A change that was to make Exchange stricter was not made: who stands on no list may be let in by it. */
export async function isLoose(ports: Pick<Ports, 'store'>, run: Run): Promise<boolean> {
  if ((run.counts['planned.configuration'] ?? 0) === 0) return false
  const planned = await tighteningOf(ports, run)
  return planned.some(({ outcome }) => outcome?.state !== 'done' && outcome?.state !== 'verified')
}

function waitEndsMs(since: string, { settings }: Policy): number {
  return Date.parse(since) + notificationOf(settings).waitMinutes * 60_000
}

async function tighteningOf({ store }: Pick<Ports, 'store'>, run: Run): Promise<readonly StoredChange[]> {
  const found = await store.changes(run.connectorId, run.id, '3|!', null, 1000)
  return found.filter(({ change }) => decisive.has(change.kind))
}

async function isMailWaiting({ store }: Ports, run: Run): Promise<boolean> {
  if ((run.counts['notices.tightening'] ?? 0) === 0) return false
  for (let after: string | null = null; ;) {
    const page: readonly StoredChange[] = await store.changes(run.connectorId, noticesOf(run.id), '', after, perPage)
    for (const { change, outcome } of page) {
      if (change.kind === 'notice' && (await isWaiting(store, run, change, outcome))) return true
    }
    after = page.at(-1)?.key ?? null
    if (after === null) return false
  }
}

async function isWaiting(
  store: Ports['store'],
  { connectorId }: Run,
  { holdsTightening, record, reason }: PlannedNotice,
  outcome: Outcome | null,
): Promise<boolean> {
  // Sent, or not held any more
  if (!holdsTightening || outcome?.state === 'done' || outcome?.state === 'changedSinceRead') return false
  const state = (await store.ledgerMail(connectorId, { record, reason }))?.value.state
  return state !== 'sent' && state !== 'refused' && state !== 'unknown'
}

async function saveWait(
  ports: Ports,
  { connectorId }: Run,
  own: OwnConfiguration,
  wait: NonNullable<OwnConfiguration['tighteningWaits']> | null,
): Promise<void> {
  const { tighteningWaits: before, ...rest } = own
  if (JSON.stringify(before ?? null) === JSON.stringify(wait)) return
  await saveOwnConfiguration(ports, connectorId, wait ? { ...rest, tighteningWaits: wait } : rest)
}

async function settleWaiting(
  { ports, run, settled }: Applying,
  open: readonly StoredChange[],
  until: string,
): Promise<void> {
  const at = ports.clock.now().toISOString()
  const message = `mails to people whom it would cut off are not sent yet; it waits for them, at most until ${until}`
  const outcome: Outcome = { state: 'waits', at, message }
  ports.log.info('tighteningWaits', { runId: run.id, connectorId: run.connectorId, changes: open.length, until })
  const subjects = open.flatMap(({ key, change }) =>
    'mailboxGuid' in change ? [] : [{ id: key, subject: subjectOf(run.connectorId, change), outcome }],
  )
  await auditSettled({ ports, run }, subjects)
  await ports.store.saveOutcomes(run.connectorId, run.id, new Map(open.map(({ key }) => [key, outcome])))
  settled()
}
