/** Step 7: one run at a time from decide to finish. A newer run takes the place of one that is held. */
import type { ConnectorState, Run } from '../../core/run.ts'
import { checkNotRetired } from '../checkNotRetired.ts'
import { changeConnector } from '../connector.ts'
import type { Ports } from '../../ports.ts'
import type { Step } from '../step.ts'

/** Renewed at every message of decide and apply; longer than a message and its last batch together can last. */
export const leaseMs = 15 * 60_000
const waitSeconds = 2

/** Cursor `apply`: a plan that was held and is approved; it goes on with notify and not with decide. */
export const takeLease: Step = async (ports, run) => {
  const isApproved = run.cursor === 'apply'
  const state = await renewLease(ports, run)
  if (state.lease?.runId !== run.id) return { next: 'takeLease', cursor: run.cursor, delaySeconds: waitSeconds }
  if (!isApproved) await replaceHeld(ports, run, state)
  return { next: isApproved ? 'notify' : 'decide' }
}

/** Takes the lease, or lengthens it; the row returned tells who has it. Throws AppError connectorRetired. */
export async function renewLease(ports: Ports, run: Run): Promise<ConnectorState> {
  return changeConnector(ports, run.connectorId, (state) => {
    checkNotRetired(state)
    const now = ports.clock.now().getTime()
    if (state.lease && state.lease.runId !== run.id && Date.parse(state.lease.until) > now) return null
    return { ...state, lease: { runId: run.id, until: new Date(now + leaseMs).toISOString() } }
  })
}

/** A full sync replaces any held plan; a quick one only a quick one's, so that a person can still approve what they looked at. */
async function replaceHeld(ports: Ports, run: Run, { heldRun }: ConnectorState): Promise<void> {
  const held = heldRun === null ? null : await ports.store.run(run.connectorId, heldRun)
  if (!held || held.value.state !== 'held' || (run.kind === 'quick' && held.value.kind === 'full')) return
  const now = ports.clock.now().toISOString()
  await ports.store.saveRun({ ...held.value, state: 'replaced', endedAt: now, updatedAt: now }, held.etag)
  await changeConnector(ports, run.connectorId, (state) =>
    state.heldRun === heldRun ? { ...state, heldRun: null } : null,
  )
}
