/** Step 10: the plan's changes in four phases, over one conversation; what has an outcome is never sent again. */
import type { Phase } from '../../core/plan.ts'
import type { Run } from '../../core/run.ts'
import type { Tally } from '../../core/tally.ts'
import { asAppError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import type { Applying } from '../applying.ts'
import { applyPhase, giveUp, nextOpenPhase } from '../applyPhase.ts'
import { deadline } from '../deadline.ts'
import { holdBackTightening, isLoose } from '../tightening.ts'
import { maySend } from '../maySend.ts'
import type { Step, StepResult } from '../step.ts'
import { renewLease } from './takeLease.ts'

interface Cursor {
  readonly phase: Phase
  /** Messages in a row that made this phase no shorter. */
  readonly tries: number
}

/** With two seconds between tries this outlasts a relay's restart and its reconnecting. */
const maxTries = 20
const retrySeconds = 2

export const apply: Step = async (ports, run) => {
  const state = await renewLease(ports, run)
  if (state.lease?.runId !== run.id) return { next: 'takeLease', cursor: 'apply', delaySeconds: retrySeconds }
  const sending = await maySend(ports, run)
  if (sending !== 'send') return { next: 'finish', counts: { [`notSent.${sending}`]: 1 } }

  const cursor: Cursor = run.cursor === null ? { phase: 1, tries: 0 } : (JSON.parse(run.cursor) as Cursor)
  const phase = await nextOpenPhase(ports, run, cursor.phase)
  if (phase === null) return { next: 'digest' }
  const tries = phase === cursor.phase ? cursor.tries : 0
  if (tries >= maxTries) return giveUpPhase(ports, run, phase)
  return applyFrom(ports, run, phase, tries)
}

async function applyFrom(ports: Ports, run: Run, first: Phase, tries: number): Promise<StepResult> {
  const tally: Tally = {}
  const progress = { phase: first, settled: 0 }
  const isOver = deadline(ports.clock)
  try {
    await ports.exchange.converse(run.connectorId, async (conversation) => {
      const applying: Applying = { ports, run, conversation, tally, isOver, settled: () => progress.settled++ }
      for (let phase: Phase | null = first; phase !== null && !isOver();) {
        progress.phase = phase
        if (phase === 3) await holdBackTightening(applying)
        await applyPhase({ ...applying, keepsBlocks: phase === 4 && (await isLoose(ports, run)) }, phase)
        const next = await nextOpenPhase(ports, run, phase)
        phase = next === phase ? null : next
      }
    })
  } catch (thrown) {
    const error = asAppError(thrown)
    if (!error.retryable) throw error
    ports.log.warn('applyInterrupted', {
      runId: run.id,
      connectorId: run.connectorId,
      phase: progress.phase,
      tries,
      code: error.code,
      message: error.message,
    })
  }
  // Always the same step again: it finds the next open phase, or that there is none
  const isSamePhase = progress.phase === first && progress.settled === 0
  const cursor: Cursor = { phase: progress.phase, tries: isSamePhase ? tries + 1 : 0 }
  return {
    next: 'apply',
    cursor: JSON.stringify(cursor),
    counts: tally,
    ...(isSamePhase ? { delaySeconds: retrySeconds } : {}),
  }
}

/** A phase that no try makes shorter: what is left of it is failed, with the number of tries, and the run goes on. */
async function giveUpPhase(ports: Ports, run: Run, phase: Phase): Promise<StepResult> {
  const tally: Tally = {}
  await giveUp(ports, run, phase, `no outcome after ${maxTries} tries; decided anew at the next sync`, tally)
  return { next: 'apply', cursor: JSON.stringify({ phase, tries: 0 } satisfies Cursor), counts: tally }
}
