/** Timer, every minute: whether each connector has a relay, also where no sync asks. */
import type { InvocationContext, Timer } from '@azure/functions'
import { asAppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { checkPresence } from '../sync/checkPresence.ts'
import { processWiring, type Wiring } from '../wiring.ts'

/** What cannot be found out is logged: the next tick looks again. */
export async function onPresence(
  _timer: Timer,
  context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<void> {
  const ports = await wiring.ports(context)
  await Promise.all(wiring.connectors.map(({ id }) => check(ports, id)))
}

async function check(ports: Ports, connectorId: string): Promise<void> {
  try {
    const found = await checkPresence(ports, connectorId)
    if (found !== null) ports.log.info('relayPresence', { connectorId, found })
  } catch (thrown) {
    const { code, message } = asAppError(thrown)
    ports.log.warn('relayPresenceUnknown', { connectorId, code, message })
  }
}
