/** Starts a run, or attaches to the one that is on its way; a full sync asked for while a quick one runs is never lost. */
import { newConnector, runVersion, type ConnectorState, type Run, type RunKind } from '../core/run.ts'
import { defaultPolicy, withDefaults } from '../core/settings.ts'
import type { Policy } from '../core/types.ts'
import type { Ports } from '../ports.ts'
import { checkNotRetired } from './checkNotRetired.ts'
import { changeConnector, readConnector } from './connector.ts'
import { expireHeldOf } from './expireHeld.ts'
import { messageFor } from './messageFor.ts'

export interface StartRequest {
  readonly connectorId: string
  readonly kind: RunKind
  /** `timer`, or a person's id. */
  readonly askedBy: string
  readonly dryRun: boolean
  /** From 1. */
  readonly attempt?: number
  /** The time of the connector's schedule that this is for, ISO-8601 UTC: whoever asks for it first gets the run, nobody a second. */
  readonly slot?: string | null
}

export interface Started {
  /** null when the run waits for another. */
  readonly runId: string | null
  readonly how: 'started' | 'attached' | 'queued'
}

/** A run whose row did not move for so long, and that nobody claims, lost its message: it is sent again. */
const stuckMs = 60_000

/*
 * asked | running quick | running full | what happens
 * quick | yes           | -            | attached to it
 * quick | no            | either       | started: a full run's gathering does not hold quick ones up
 * full  | -             | yes          | attached to it
 * full  | yes           | no           | remembered; finish starts it
 * full  | no            | no           | started
 * Throws AppError connectorRetired.
 */
export async function startRun(ports: Ports, request: StartRequest): Promise<Started> {
  const state = (await readConnector(ports, request.connectorId))?.value ?? newConnector(request.connectorId)
  checkNotRetired(state)
  await expireHeldOf(ports, request.connectorId, state.heldRun)
  const running = state.running[request.kind]
  if (running && (await isAlive(ports, request.connectorId, running))) {
    await takeSlot(ports, request, running)
    return { runId: running, how: 'attached' }
  }
  if (
    request.kind === 'full' &&
    state.running.quick &&
    (await isAlive(ports, request.connectorId, state.running.quick))
  ) {
    return remember(ports, request, state.running.quick)
  }
  return create(ports, request, running)
}

/** A dry run is no sync: what is due waits for its end. */
async function takeSlot(ports: Ports, request: StartRequest, running: string): Promise<void> {
  if (!request.slot || (await ports.store.run(request.connectorId, running))?.value.dryRun) return
  await changeConnector(ports, request.connectorId, (now) => withSlot(now, request))
}

/** True while the run is on its way; one that stands still gets its message again. */
export async function isAlive(ports: Ports, connectorId: string, runId: string): Promise<boolean> {
  const run = (await ports.store.run(connectorId, runId))?.value
  if (!run || run.state !== 'running') return false
  const now = ports.clock.now().getTime()
  const isClaimed = run.claim !== null && Date.parse(run.claim.until) > now
  if (!isClaimed && now - Date.parse(run.updatedAt) > stuckMs) {
    ports.log.warn('runStoodStill', { runId, connectorId, kind: run.kind, step: run.step })
    await ports.queue.send(messageFor(run))
  }
  return true
}

async function remember(ports: Ports, request: StartRequest, quickRun: string): Promise<Started> {
  const { connectorId, askedBy, dryRun, attempt = 1 } = request
  const state = await changeConnector(ports, connectorId, (now) =>
    now.running.quick === quickRun ? { ...withSlot(now, request), pendingFull: { askedBy, dryRun, attempt } } : null,
  )
  // The quick run ended in the meantime: nobody is left to start what would be remembered
  if (state.running.quick !== quickRun) return startRun(ports, request)
  return { runId: null, how: 'queued' }
}

/** The run's row first, then the connector's, then the message: cut anywhere, the next call mends it. */
async function create(ports: Ports, request: StartRequest, dead: string | null): Promise<Started> {
  const run = await newRun(ports, request, (await readConnector(ports, request.connectorId))?.value.retiring ?? null)
  const etag = await ports.store.saveRun(run, null)
  const take = (state: ConnectorState): ConnectorState | null => {
    // The dead run may have let go in the meantime
    if (state.running[run.kind] !== dead && state.running[run.kind] !== null) return null
    if (request.slot && (state.slots[run.kind] ?? '') >= request.slot) return null
    const answered = run.kind === 'full' ? { pendingFull: null } : { pendingQuick: null }
    return { ...withSlot(state, request), running: { ...state.running, [run.kind]: run.id }, ...answered }
  }
  const state = await changeConnector(ports, run.connectorId, take)
  if (state.running[run.kind] !== run.id) {
    // Another one was faster: nobody will ever work on this row
    await ports.store.saveRun({ ...run, state: 'replaced', endedAt: run.startedAt }, etag)
    return { runId: state.running[run.kind], how: 'attached' }
  }
  await ports.queue.send(messageFor(run))
  ports.log.info('runStarted', {
    runId: run.id,
    connectorId: run.connectorId,
    kind: run.kind,
    askedBy: run.askedBy,
    dryRun: run.dryRun,
  })
  return { runId: run.id, how: 'started' }
}

function withSlot(state: ConnectorState, { kind, slot }: StartRequest): ConnectorState {
  return slot ? { ...state, slots: { ...state.slots, [kind]: slot } } : state
}

/** By the policy as it is saved now. Nothing is written. */
export async function newRun(
  ports: Ports,
  { connectorId, kind, askedBy, dryRun, attempt = 1 }: StartRequest,
  retiring: ConnectorState['retiring'] = null,
): Promise<Run> {
  const policy = withDefaults((await ports.store.document(connectorId, 'policy'))?.value ?? defaultPolicy)
  const now = ports.clock.now().toISOString()
  return {
    version: runVersion,
    connectorId,
    id: `${now.replace(/[-:.]/g, '')}-${ports.newId().slice(0, 8)}`,
    kind,
    mode: kind === 'full' ? 'everything' : 'changes',
    dryRun,
    askedBy,
    attempt,
    state: 'running',
    step: kind === 'full' ? 'gatherConfiguration' : 'gatherChanges',
    cursor: null,
    position: 0,
    claim: null,
    startedAt: now,
    updatedAt: now,
    gatheredAt: null,
    endedAt: null,
    policy: withoutTexts(retiring ? { ...policy, enabled: false, isWithdrawn: true } : policy),
    configuration: null,
    attempts: {},
    directory: null,
    bookmarks: null,
    decidedBy: null,
    touched: [],
    groupSizes: {},
    counts: {},
    refusal: null,
    differing: [],
    approvedBy: null,
    failure: null,
    ...(retiring && kind === 'full' && !dryRun ? { retires: true } : {}),
  }
}

/** Decided by nothing of it, and too long for every row of a run: mails are made from the policy itself. */
function withoutTexts({ settings, ...policy }: Policy): Policy {
  const notification = { ...settings.notification, templates: {} }
  return { ...policy, notificationHtml: '', settings: { ...settings, notification } }
}
