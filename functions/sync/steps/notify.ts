/** Before apply: mails to the users of records that the plan keeps out, then those of earlier runs that are due again. Never fails a run. */
import { completeOf, sendDue, sendPlanned } from '../sendMails.ts'
import { maySend } from '../maySend.ts'
import type { Run } from '../../core/run.ts'
import type { Tally } from '../../core/tally.ts'
import type { Step } from '../step.ts'
import { renewLease } from './takeLease.ts'

interface Cursor {
  /** When the first message of this step began, ISO-8601 UTC. */
  readonly begunAt: string
  /** Planned notices up to this key are dealt with. */
  readonly after: string | null
}

/** Of one message, and of all of a run: whoever is to get mail again must not wait behind thousands of letters. The rest is sent by quick syncs. */
const messageMs = 2 * 60_000
const runMs = 5 * 60_000

/*
 * run                        | mails                     | next
 * dry run, report mode, stop | none                      | apply, which sends nothing either
 * nothing decided            | those that are due        | digest
 * lease lost                 | none                      | takeLease
 * else                       | the plan's, then the due  | notify while the time lasts, then apply
 */
export const notify: Step = async (ports, run) => {
  const isIdle = run.mode === 'changes' && run.touched.length === 0
  if ((await maySend(ports, run)) !== 'send') return { next: isIdle ? 'finish' : 'apply' }
  if (!isIdle && (await renewLease(ports, run)).lease?.runId !== run.id)
    return { next: 'takeLease', cursor: 'apply', delaySeconds: 2 }
  const now = ports.clock.now()
  const cursor: Cursor = run.cursor === null ? { begunAt: now.toISOString(), after: null } : JSON.parse(run.cursor)
  const endMs = Math.min(now.getTime() + messageMs, Date.parse(cursor.begunAt) + runMs)
  const tally: Tally = {}
  const mailing = {
    ports,
    run,
    policy: await completeOf(ports, run),
    tally,
    until: new Date(endMs),
  }
  const isRunOver = () => ports.clock.now().getTime() >= Date.parse(cursor.begunAt) + runMs
  const { isDone, after } = hasPlanned(run)
    ? await sendPlanned(mailing, cursor.after, isRunOver)
    : { isDone: true, after: null }
  if (!isDone) return { next: 'notify', cursor: JSON.stringify({ ...cursor, after }), counts: tally }
  await sendDue(mailing)
  return { next: isIdle ? 'digest' : 'apply', counts: tally }
}

function hasPlanned({ counts }: Run): boolean {
  return (counts['notices.planned'] ?? 0) > 0
}
