/** deviceManagement/exchangeConnectors: Graph's deviceManagementExchangeConnector (facts/exchange-and-graph.md D6). */
import { newConnector } from '../core/run.ts'
import type { Ports } from '../ports.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { connectorStatus } from './connectorStatus.ts'
import { collection, entity, unsetDate } from './graphResource.ts'

const set = 'deviceManagement/exchangeConnectors'

export async function listConnectors(call: Call): Promise<Answer> {
  const value = await Promise.all(call.connectors.map(({ id }) => readConnector(call.ports, id)))
  return { status: 200, body: collection(call.request, set, value) }
}

/** Throws AppError notFound. */
export async function getConnector(call: Call): Promise<Answer> {
  const connector = await readConnector(call.ports, connectorInPath(call))
  return { status: 200, body: entity(call.request, set, connector) }
}

async function readConnector({ store, clock }: Ports, id: string) {
  const [state, relays] = await Promise.all([store.document(id, 'connector'), store.relays(id)])
  const connector = { ...newConnector(id), ...state?.value }
  const { relay, lastFullSync, lastQuickSync } = connector
  return {
    id,
    lastSyncDateTime: [lastFullSync ?? unsetDate, lastQuickSync ?? unsetDate].toSorted().at(-1),
    status: connectorStatus(relays, connector, clock.now()),
    // Of the service-to-service type, which this is not.
    primarySmtpAddress: null,
    serverName: relay?.server ?? null,
    connectorServerName: relay?.host ?? null,
    exchangeConnectorType: 'onPremises',
    version: relay?.version ?? null,
    exchangeAlias: null,
    exchangeOrganization: connector.organization ?? relay?.organization ?? null,
  }
}
