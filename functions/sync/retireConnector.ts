/** The end of a connector by a person's word, and its taking back: first easgate's entries and settings go from Exchange, then nothing runs any more. */
import { organizationKey, retiredText, takenText } from '../core/organization.ts'
import { newConnector, type ConnectorState, type Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { checkNotRetired } from './checkNotRetired.ts'
import { changeConnector, readConnector } from './connector.ts'
import { startRun } from './startRun.ts'

export interface Retiring {
  /** retiring: a full sync withdraws everything first. */
  readonly state: 'retiring' | 'retired'
  /** The run that withdraws; null: it starts when another has ended, or there is none. */
  readonly runId: string | null
}

/*
 * withdraw | what happens
 * yes      | from now on every run goes by a policy that is off; a full one starts, and done whole it is the last (finish)
 * no       | retired at once: what easgate made stays in Exchange, for one that is gone or will be another's
 * Again while it is being retired: the same, so that a run that failed is followed by another.
 */
/** Throws AppError connectorRetired. */
export async function retireConnector(
  ports: Ports,
  connectorId: string,
  by: string,
  withdraw: boolean,
): Promise<Retiring> {
  const now = ports.clock.now().toISOString()
  await changeConnector(ports, connectorId, (state) => {
    checkNotRetired(state)
    if (!withdraw) return { ...state, ...retiredAt(now) }
    return { ...state, retiring: state.retiring ?? { by, since: now } }
  })
  if (!withdraw) return { state: 'retired', runId: null }
  return { state: 'retiring', runId: await startLast(ports, connectorId, by) }
}

/** A full sync that is on its way goes by the policy as it was: then the last one waits for its end. */
async function startLast(ports: Ports, connectorId: string, by: string): Promise<string | null> {
  const pending = { askedBy: by, dryRun: false, attempt: 1 }
  for (;;) {
    const { runId, how } = await startRun(ports, { connectorId, kind: 'full', ...pending })
    const run = runId === null ? null : await ports.store.run(connectorId, runId)
    if (how !== 'attached' || run?.value.retires) return runId
    const state = await changeConnector(ports, connectorId, (now) =>
      now.running.full === runId ? { ...now, pendingFull: pending } : null,
    )
    if (state.running.full === runId) return null
  }
}

/** What a connector's row is from its end on. Held plans of it are never applied. */
export function retiredAt(at: string): Pick<ConnectorState, 'retired' | 'retiring' | 'pendingFull' | 'heldRun'> {
  return { retired: { by: null, at }, retiring: null, pendingFull: null, heldRun: null }
}

const unfinished = ['outcome.failed', 'outcome.changedSinceRead', 'outcome.notApproved']

/** Whether the run took everything of easgate's away; else the connector stays and the next full sync goes on. */
export function isWithdrawn({ retires, counts }: Pick<Run, 'retires' | 'counts'>): boolean {
  if (!retires || unfinished.some((name) => (counts[name] ?? 0) > 0)) return false
  return !Object.keys(counts).some((name) => name.startsWith('notSent.'))
}

/**
 * For one that was retired by mistake, or is being retired: its policy is in force again from the next sync on. Throws AppError conflict when it is not, or
 * organizationTaken when another connector serves its Exchange by now.
 */
export async function reinstateConnector(ports: Ports, connectorId: string): Promise<ConnectorState> {
  const found = (await readConnector(ports, connectorId))?.value ?? newConnector(connectorId)
  if (!found.retired && !found.retiring)
    throw new AppError('conflict', `connector ${connectorId} is not retired; there is nothing to take back`)
  if (found.retired && found.organization !== null) await takeBack(ports, found, found.organization)
  return changeConnector(ports, connectorId, (state) => ({ ...state, retired: null, retiring: null }))
}

async function takeBack(ports: Ports, state: ConnectorState, name: string): Promise<void> {
  const key = organizationKey(name)
  const claim = await ports.store.organization(key)
  const owner = claim?.value.connectorId ?? state.id
  if (owner === state.id) return
  const other = (await readConnector(ports, owner))?.value
  if (other && !other.retired) {
    throw new AppError('organizationTaken', `${retiredText(state)} ${takenText(state.id, name, owner)}`)
  }
  const value = { name, connectorId: state.id, since: ports.clock.now().toISOString(), before: owner }
  await ports.store.saveOrganization(key, value, claim?.etag ?? null)
}
