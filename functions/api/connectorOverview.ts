/** easgate/connectors/{id}: a connector with what Graph's resource has no place for: which server and why, and what a person must do. */
import { retiredText } from '../core/organization.ts'
import { newConnector } from '../core/run.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { connectorStatus } from './connectorStatus.ts'

/** `toDo`: sentences for a person; none: it works by itself. Throws AppError notFound. */
export async function getOverview(call: Call): Promise<Answer> {
  const id = connectorInPath(call)
  const { store, clock } = call.ports
  const [found, relays] = await Promise.all([store.document(id, 'connector'), store.relays(id)])
  const state = { ...newConnector(id), ...found?.value }
  const { organization, relay, lastFullSync, lastQuickSync, heldRun, noRelaySince, problem, retired, retiring } = state
  const body = {
    id,
    name: call.connectors.find((one) => one.id === id)?.name ?? id,
    status: connectorStatus(relays, state, clock.now()),
    organization,
    relay,
    noRelaySince,
    lastFullSync,
    lastQuickSync,
    heldRun,
    retired,
    retiring,
    problem,
    toDo: [
      ...(retiring ? [retiringText(retiring.since)] : []),
      ...(retired ? [retiredText(state)] : []),
      ...(problem && !retired ? [problem.message] : []),
    ],
  }
  return { status: 200, body }
}

function retiringText(since: string): string {
  return `It is being retired since ${since}: the next full sync that takes everything of easgate's out of Exchange is its last. Look at its runs; approve the plan if the limits hold it, or retire it without withdrawal.`
}
