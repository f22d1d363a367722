/** What of a connector waits for a person, as sentences that say what it is and what to do. */
import type { DriftEntry } from '../core/drift.ts'
import { retiredText } from '../core/organization.ts'
import type { RelayApproval } from '../core/relay.ts'
import type { ConnectorState } from '../core/run.ts'
import type { Ports } from '../ports.ts'
import { listActivations } from '../sync/activations.ts'
import { heldUntil } from '../sync/expireHeld.ts'

/** Activations that are looked at: each is a read of its mailbox. */
const mostActivations = 500
/** A fight that the last full sync saw no more is over; one a day, and none is as long as the other. */
const fightHours = 23

/*
 * the connector             | what it says
 * is retired                | that, and nothing else
 * is being retired          | that its last full sync is to come
 * has a problem             | the problem's own words
 * holds a plan              | why, until when, and how to decide
 * has relays to be approved | which, and how to decide
 * has activations waiting   | how many, and where the list is
 * is in a fight over drift  | over what
 */
export async function connectorToDo(
  ports: Pick<Ports, 'store'>,
  state: ConnectorState,
  relays: readonly RelayApproval[],
): Promise<string[]> {
  if (state.retired) return [retiredText(state)]
  const [held, activations, fights] = await Promise.all([
    heldText(ports, state),
    activationsText(ports, state),
    fightTexts(ports, state),
  ])
  return [
    ...(state.retiring ? [retiringText(state.retiring.since)] : []),
    ...(state.problem ? [state.problem.message] : []),
    ...held,
    ...relays.filter((relay) => relay.state === 'pending').map((relay) => relayText(state, relay)),
    ...activations,
    ...fights,
  ]
}

function retiringText(since: string): string {
  return `It is being retired since ${since}: the next full sync that takes everything of easgate's out of Exchange is its last. Look at its runs; approve the plan if the limits hold it, or retire it without withdrawal.`
}

/** The message of the limits says what to look at, and what to do. */
async function heldText({ store }: Pick<Ports, 'store'>, { id, heldRun }: ConnectorState): Promise<string[]> {
  const run = heldRun === null ? null : (await store.run(id, heldRun))?.value
  if (run?.state !== 'held') return []
  const what = `The plan of a ${run.kind} sync is held since ${run.updatedAt}`
  const how = `POST ${pathOf(id)}/runs/${run.id}/approve or …/reject; without that it expires at ${heldUntil(run)}.`
  return [`${what}: ${run.refusal?.message ?? 'the limits refused it.'} ${how}`]
}

function relayText({ id }: ConnectorState, { fingerprint, host, firstSeen }: RelayApproval): string {
  return `A relay on ${host ?? 'an unknown host'} waits for approval since ${firstSeen}: compare its fingerprint ${fingerprint} with the one that it shows there, then POST ${pathOf(id)}/relays/${fingerprint}/approve or …/reject.`
}

async function activationsText({ store }: Pick<Ports, 'store'>, { id }: ConnectorState): Promise<string[]> {
  const list = `GET ${pathOf(id)}/activations?state=waiting`
  let [waiting, looked, after]: [number, number, string | null] = [0, 0, '']
  while (after !== null && looked < mostActivations) {
    const { found, next } = await listActivations(store, id, after, 100)
    waiting += found.filter(({ activation }) => activation.state === 'waiting').length
    looked += 100
    after = next
  }
  if (after !== null)
    return [
      `${waiting} of the first ${mostActivations} activations wait for approval, the others were not looked at: ${list}.`,
    ]
  return waiting === 0
    ? []
    : [`${waiting} ${waiting === 1 ? 'activation waits' : 'activations wait'} for approval: ${list}.`]
}

async function fightTexts({ store }: Pick<Ports, 'store'>, { id, lastFullSync }: ConnectorState): Promise<string[]> {
  const { entries } = (await store.document(id, 'drift'))?.value ?? { entries: [] }
  const since = lastFullSync === null ? 0 : Date.parse(lastFullSync) - fightHours * 3_600_000
  const isLast = ({ thing }: DriftEntry, index: number) => entries.findLastIndex((one) => one.thing === thing) === index
  return entries
    .filter((entry, index) => entry.state === 'fighting' && isLast(entry, index) && Date.parse(entry.lastSeen) > since)
    .map(
      ({ thing, firstSeen }) =>
        `Somebody sets ${thing} in Exchange back each time easgate sets it, since ${firstSeen}; it is left as it is. Find out who, decide who sets it, then force a full sync or set drift to leave: GET ${pathOf(id)}/drift.`,
    )
}

function pathOf(id: string): string {
  return `easgate/connectors/${id}`
}
