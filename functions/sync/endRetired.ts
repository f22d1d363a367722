/** What is left to do for a retired connector: what runs ends, and its relays are told. */
import { retiredText } from '../core/organization.ts'
import { asAppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { readConnector } from './connector.ts'
import { failRun } from './failRun.ts'

/**
 * What the timer does for a retired connector, each time, because a relay may come back that was away: runs that nobody works on end, and every relay
 * that answers is told. A relay that cannot be told now is told the next time.
 */
export async function endRetired(ports: Ports, connectorId: string): Promise<void> {
  const state = (await readConnector(ports, connectorId))?.value
  if (!state?.retired) return
  const failure = { code: 'connectorRetired', message: retiredText(state) }
  for (const runId of [...Object.values(state.running), state.staleRun]) {
    if (runId !== null) await failRun(ports, { connectorId, runId, position: 0 }, failure)
  }
  try {
    await ports.exchange.tellRetired(connectorId, state.retired)
  } catch (thrown) {
    const { code, message } = asAppError(thrown)
    ports.log.info('retiredRelaysNotTold', { connectorId, code, message })
  }
}
