/** After apply: one mail to the administrators about newly held records, at most every hour; what comes in between waits for the next. */
import { notificationOf } from '../../core/noticeMail.ts'
import { noticesOf, type PlannedNotice } from '../../core/plan.ts'
import type { ConnectorState, Run } from '../../core/run.ts'
import { mailDigest } from '../../notice/mailDigest.ts'
import type { Ports } from '../../ports.ts'
import { changeConnector, readConnector } from '../connector.ts'
import { isDigestDue } from '../isDigestDue.ts'
import { maySend } from '../maySend.ts'
import { completeOf } from '../sendMails.ts'
import type { Step, StepResult } from '../step.ts'

/** Held records that one digest looks at, and runs that may wait for it: an hour of quick syncs. */
const mostHeld = 500
const mostRuns = 100
const mailMs = 60_000

const done: StepResult = { next: 'finish' }

/*
 * newly held       | last digest        | what happens
 * nobody           | any                | -
 * somebody         | an hour ago, never | mailed; where no recipient got it, tried again in an hour
 * somebody         | since              | waits: the runs are remembered
 */
export const digest: Step = async (ports, run) => {
  const state = (await readConnector(ports, run.connectorId))?.value.digest ?? { triedAt: null, runs: [] }
  const isNew = (run.counts['notices.new'] ?? 0) > 0 && !state.runs.includes(run.id)
  const runs = [...state.runs, ...(isNew ? [run.id] : [])].slice(-mostRuns)
  if (runs.length === 0 || (await maySend(ports, run)) !== 'send') return done
  const recipients = await recipientsOf(ports, run)
  if (recipients.length === 0) {
    if (state.runs.length > 0) await remember(ports, run, { ...state, runs: [] })
    return done
  }
  const now = ports.clock.now()
  if (!isDigestDue(state, now)) {
    await remember(ports, run, { ...state, runs })
    return done
  }
  const { held, more } = await heldIn(ports, run, runs)
  const until = new Date(now.getTime() + mailMs)
  const options = { actor: `run ${run.id}`, runId: run.id, until }
  const report = await mailDigest(ports, run.connectorId, { held, more, recipients, hour: hourOf(now) }, options)
  const sent = report.results.filter((one) => one.state === 'sent' || one.state === 'unknown').length
  await remember(ports, run, { triedAt: now.toISOString(), runs: sent > 0 ? [] : runs })
  return { ...done, counts: { 'mails.digestSent': sent, 'mails.digestFailed': report.results.length - sent } }
}

async function remember(ports: Ports, run: Run, state: ConnectorState['digest']): Promise<void> {
  await changeConnector(ports, run.connectorId, (now) => ({ ...now, digest: state }))
}

/** The settings' recipients, else Exchange's own; the addresses stay out of the ledger. */
async function recipientsOf(ports: Ports, run: Run) {
  const { digestTo } = notificationOf((await completeOf(ports, run)).settings)
  const exchange = digestTo.length > 0 ? null : await ports.store.document(run.connectorId, 'exchange')
  const addresses = exchange ? exchange.value.adminMailRecipients : digestTo
  const distinct = [...new Set(addresses.map((address) => address.replace(/^smtp:/i, '').toLowerCase()))]
  return distinct
    .filter((address) => /^[^\s@]+@[^\s@]+$/.test(address))
    .map((address) => ({ address, key: ports.hash(address).slice(0, 16) }))
}

async function heldIn({ store }: Ports, run: Run, runs: readonly string[]) {
  const held: PlannedNotice[] = []
  let more = 0
  for (const runId of runs) {
    let after: string | null = null
    do {
      const page: Awaited<ReturnType<typeof store.changes>> = await store.changes(
        run.connectorId,
        noticesOf(runId),
        '',
        after,
        1_000,
      )
      const fresh = page.flatMap(({ change, outcome }) =>
        change.kind === 'notice' && change.isNew && outcome?.state !== 'notApproved' ? [change] : [],
      )
      const room = mostHeld - held.length
      held.push(...fresh.slice(0, room))
      more += Math.max(0, fresh.length - room)
      after = page.at(-1)?.key ?? null
    } while (after !== null)
  }
  return { held, more }
}

function hourOf(now: Date): string {
  return now.toISOString().slice(0, 13)
}
