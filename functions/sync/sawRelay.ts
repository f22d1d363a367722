/** Keeps on the connector's row which relay answered last, for whoever looks. */
import type { ExchangeConfiguration } from '../core/types.ts'
import type { RelayIdentity } from '../core/relay.ts'
import type { Ports } from '../ports.ts'
import { changeConnector } from './connector.ts'

/** `seenAt`: ISO-8601 UTC. */
export async function sawRelay(
  ports: Ports,
  connectorId: string,
  relay: RelayIdentity,
  { organization }: Pick<ExchangeConfiguration, 'organization'>,
  seenAt: string,
): Promise<void> {
  const { host, version, server, serverSince, serverReason } = relay
  const seen = {
    host,
    version,
    server,
    serverSince,
    serverReason,
    organization: relay.organization ?? organization,
    seenAt,
  }
  await changeConnector(ports, connectorId, (state) => ({ ...state, relay: seen }))
}
