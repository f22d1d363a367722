/** Whether a relay of the connector is there, where no sync has just found out. Opens a conversation and asks nothing: no work for Exchange. */
import { newConnector } from '../core/run.ts'
import { asAppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { readConnector } from './connector.ts'

/** A relay seen this long ago is looked for again at the next tick, a minute later: together under the 90 s of api/connectorStatus.ts. */
const freshMs = 20_000

/*
 * the connector                    | what happens
 * is retired                       | nothing: the quick timer tells its relays
 * spoke with a relay just now      | nothing
 * else                             | a conversation: it records the relay that answers, or that none is there, as every conversation does
 */
/** What it found, for the log; null: nobody was asked. A relay that cannot be had is no failure of the timer. Throws AppError storeFailed. */
export async function checkPresence(ports: Ports, connectorId: string): Promise<string | null> {
  const state = (await readConnector(ports, connectorId))?.value ?? newConnector(connectorId)
  if (state.retired) return null
  if (state.noRelaySince === null && (await wasJustSeen(ports, connectorId))) return null
  try {
    await ports.exchange.converse(connectorId, async () => undefined)
    return 'here'
  } catch (thrown) {
    const error = asAppError(thrown)
    if (error.code === 'storeFailed') throw error
    return error.code
  }
}

async function wasJustSeen({ store, clock }: Ports, connectorId: string): Promise<boolean> {
  const now = clock.now().getTime()
  const relays = await store.relays(connectorId)
  return relays.some(({ state, lastSeen }) => state === 'approved' && now - Date.parse(lastSeen) < freshMs)
}
